"""One picture of any size becomes probabilities or a mask of the same size.

- ``segmenter.py``: asks the network, at the right size and in tiles.
- ``scale.py``: the size at which the network sees a picture.
- ``tiles.py``: where the tiles of a large picture lie; ``blocks.py``: joins the answers of tiles.
- ``views.py``: test-time augmentation, the mean of the answers to several views of a picture.
- ``resizing.py``: brings answers to the size of the picture.
"""
