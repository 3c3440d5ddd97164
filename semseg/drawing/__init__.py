"""Pictures for people: the colours of classes, masks laid over pictures, curves and tables drawn.

- ``class_colours.py``: a colour for each class.
- ``overlays.py``: masks coloured, laid over their picture, side by side.
- ``contact_sheet.py``: rows of pictures on one sheet, with a legend.
- ``line_chart.py``: curves over the epochs, as SVG; ``chart_picture.py``: as a picture.
- ``reliability.py``: how often a model is right against how sure it is, as SVG.
- ``heat_map.py``: shares in a grid, as a picture.
- ``few_colours.py``: pictures whose files are small.
- ``text.py``: text in pictures.
"""
