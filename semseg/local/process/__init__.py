"""Child processes that outlive their parent, and their logs.

- ``process.py``: processes started, locked, stopped.
- ``file_lock.py``: locks on open files.
- ``leash.py``: a command that ends when its parent does.
- ``log_follower.py``: a log read while it is written.
- ``progress_bar.py``: a bar moved by the lines of a log.
"""
