"""Channels and locations of jobs, on this machine and in S3.

- ``input_channels.py``: the channels of a job; ``channel_files.py``: links them into a job's folder.
- ``locations.py``: paths and URIs; ``downloads.py``: files brought from S3.
- ``pipe_feeder.py``: writes the FIFOs of Pipe mode.
"""
