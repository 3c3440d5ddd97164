"""What all kinds of jobs of this machine have in common.

- ``home.py``: the folder that everything is kept in; ``records.py``: models, endpoint configurations and the like.
- ``job_folder.py``: the folder of a training job; ``process_folder.py``: a folder that belongs to a process.
"""
