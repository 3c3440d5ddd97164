"""Exported forms of models, made in child processes.

- ``exports.py``: makes them.
- ``archives.py``: the archives that are read and written.
"""
