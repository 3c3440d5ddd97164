"""Training jobs of this machine.

- ``jobs.py``: started, described, waited for.
- ``device_check.py``: whether there can be a device for one.
- ``folder.py``: what is kept of one; ``resumption.py``: one that has ended goes on.
- ``supervisor.py``: the process that looks after one; ``retries.py``: when it starts the training process again.
- ``rescue.py``: what is done for one that did not come to its end.
- ``results.py``: where its results go.
- ``checkpoints.py``: checkpoints brought to a location and back; ``checkpoint_places.py``: such locations.
- ``metrics.py``: the metrics in a log; ``log.py``: the progress in a log.
- ``download_log.py``: the lines of a log about downloads.
"""
