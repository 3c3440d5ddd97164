"""Exported forms of models, made in child processes.

- ``exports.py``: starts an export and waits for it; ``archives.py``: model archives with the form added.
"""
