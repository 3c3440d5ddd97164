"""One picture file becomes an array: the same in training, endpoint, transform and export.

- ``image_files.py``: reads one; ``picture.py``: what a file is here; ``picture_reading.py``: the rule of a job;
  ``facts.py``: what a file tells beside its pixels.
- ``picture_files.py``: opens and decodes one; ``picture_formats.py``: by Pillow; ``picture_limits.py``: what is not
  decoded; ``picture_pixels.py``: colours and bits; ``picture_orientation.py``: turning; ``colour_mask.py``: reads
  masks by their colours; ``squares.py``: counts squares of one value in masks.
"""
