"""Batch transform jobs of this machine.

- ``jobs.py``: starts, describes and stops them; ``supervisor.py``: the process that looks after one.
- ``folder.py``: the folder of one; ``data.py``: its input and output; ``log.py``: its log.
"""
