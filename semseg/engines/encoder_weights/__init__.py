"""The weights that a network may begin with, found and read for every engine that trains.

- ``encoder.py``: the weights for a backbone, ImageNet's where no file is named.
- ``places.py``: where those are published; ``files.py``: the kinds of files, and the names in them.
"""
