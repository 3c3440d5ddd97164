"""The ImageNet weights that an encoder may begin with, found and read for every engine that trains.

- ``encoder.py``: the weights for an encoder.
- ``places.py``: where they are published; ``files.py``: the two kinds of files that they come in.
"""
