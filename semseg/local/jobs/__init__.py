"""What all kinds of jobs have in common.

- ``home.py``: the folder of all that is kept.
- ``process_folder.py``: the folder of a process; ``job_folder.py``: that of a job, and where it stands.
- ``job_store.py``: the jobs of one kind: started, found, waited for, stopped, described, removed.
- ``job_view.py``: what whoever waits for a job is shown.
- ``child_work.py``: one piece of work in a child process that is waited for.
- ``supervision.py``: the process that looks after a job.
- ``records.py``: models and endpoint configurations.
- ``listing.py``: lists in pages, as the API gives them.
- ``moment.py``: times as they are shown.
"""
