"""Batch transform jobs of this machine.

- ``jobs.py``: started, described.
- ``folder.py``: what is kept of one.
- ``supervisor.py``: the process that looks after one.
- ``data.py``: pictures read, answers written.
- ``log.py``: the lines of its log.
"""
