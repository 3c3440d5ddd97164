"""Hyperparameter tuning jobs of this machine.

- ``jobs.py``: starts, describes and stops them; ``supervisor.py``: the process that looks after one.
- ``search.py``: proposes hyperparameters; ``folder.py``: the folder of one; ``log.py``: its log.
"""
