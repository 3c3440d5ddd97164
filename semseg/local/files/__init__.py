"""Where data and models lie, on this machine and in S3, and how they come to a job.

- ``locations.py``: a path or a URI; an archive fetched.
- ``input_channels.py``: the channels of a request; ``channel_files.py``: their files.
- ``manifests.py``: augmented manifests, with the files that they name.
- ``downloads.py``: objects of S3 that are kept; ``laying.py``: channels laid into a job directory.
- ``fetched_results.py``: results of jobs that ran elsewhere.
- ``pipe_feeder.py``: what streams a channel in Pipe mode; ``stream_names.py``: tells what its samples are called.
"""
