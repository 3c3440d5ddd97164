"""Pictures for people: the colours of classes, masks laid over pictures, curves and tables drawn.

- ``class_colours.py``: a colour for each class.
- ``overlays.py``: masks coloured, laid over their picture, side by side.
"""
