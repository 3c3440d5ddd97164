"""Training jobs of this machine.

- ``jobs.py``: started, described, waited for.
- ``device_check.py``: whether there can be a device for one.
- ``disk_needs.py``: the room that one takes on disks.
- ``folder.py``: what is kept of one; ``resumption.py``: one that has ended goes on.
- ``supervisor.py``: the process that looks after one; ``retries.py``: when it starts the training process again.
- ``rescue.py``: what is done for one that did not come to its end.
- ``results.py``: where its results go; ``event_files.py``: its events for TensorBoard.
- ``checkpoints.py``: checkpoints brought to a location and back; ``checkpoint_places.py``: such locations.
- ``metrics.py``: the metrics in a log; ``log.py``: the progress in a log; ``history.py``: its epochs and warnings.
- ``watch.py``: follows a job; ``watched.py``: what is known of it; ``displays.py``: what is shown of it.
- ``epoch_table.py``: its epochs as lines; ``epoch_page.py``: its epochs in a notebook.
- ``download_log.py``: the lines of a log about downloads.
"""
