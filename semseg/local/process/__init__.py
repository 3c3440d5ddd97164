"""Child processes that outlive their parent: started, locked, and followed by their logs.

- ``process.py``: starts and stops a process; ``leash.py``: ends a process when its parent ends.
- ``log_follower.py``: follows a log file; ``download_log.py``: log lines of a download; ``progress_bar.py``: bars.
"""
