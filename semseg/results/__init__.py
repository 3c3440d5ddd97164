"""What a model is worth: counts and scores, as files, as pictures and as a page for people.

- ``confusion_matrix.py``: counts of right and wrong classes, and the scores made from them.
"""
