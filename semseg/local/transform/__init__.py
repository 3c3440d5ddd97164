"""Batch transform jobs of this machine.

- ``jobs.py``: started, described.
- ``folder.py``: what is kept of one.
- ``supervisor.py``: the process that looks after one.
- ``listing.py``: what lies at the place of its data.
- ``data.py``: pictures read, answers written.
- ``log.py``: the lines of its log.
"""
