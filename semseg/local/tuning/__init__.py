"""Hyperparameter tuning jobs of this machine.

- ``jobs.py``: started, described.
- ``folder.py``: what is kept of one.
- ``supervisor.py``: the process that looks after one.
- ``search.py``: which hyperparameters to try next, by Optuna.
- ``log.py``: the lines of its log.
"""
