"""A data set is looked at before a job trains on it: what is wrong with it, what it holds, what suits it.

- ``check.py``: the public call; ``inspected.py``: what it returns, and how that is printed.
- ``data_folders.py``: the folders of the channels, and their label maps.
- ``looks.py``: sums up sizes beside what a job's own look sums up; ``class_shares.py``: classes, shares and weights.
- ``suggestion.py``: hyperparameters that suit the data and this machine; ``training_memory.py``: what a sample needs.
- ``show.py``: pictures with their masks laid over, as one picture.
"""
