"""``model.tar.gz``: packed, unpacked and checked, and its parameter files read and written with numpy.

- ``archive_stream.py``: archives that nobody trusts, opened; ``results_archive.py``: ``output.tar.gz``, unpacked.
- ``model_artifact.py``: the archive and its files; ``model_folder.py``: a folder in its place.
- ``mxnet_parameters.py``: MXNet's parameter files.
- ``parameter_file_start.py``: how they begin.
- ``checkpoint.py``: the folder of a checkpoint.
- ``class_names.py``: ``class_names.json``, the names of a model's classes.
- ``checksums.py``: ``checksums.json``, the SHA-256 of a model's files.
- ``exported_files.py``: the files of exported forms; ``export_report.py``: the report of an export.
"""
