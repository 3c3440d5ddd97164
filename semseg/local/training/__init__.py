"""Training jobs of this machine.

- ``jobs.py``: started, described, waited for.
- ``device_check.py``: whether there can be a device for one.
- ``disk_needs.py``: the room that one takes on disks.
- ``supervisor.py``: the process that looks after one.
- ``results.py``: where its results go.
- ``checkpoints.py``: checkpoints brought to a location and back; ``checkpoint_places.py``: such locations.
- ``metrics.py``: the metrics in a log; ``log.py``: the progress in a log.
- ``download_log.py``: the lines of a log about downloads.
"""
