"""Makes an exported form of a model, and measures how near it comes to the trained network.

- ``form_export.py``: the whole export; ``form_files.py``: makes the files of a form.
- ``gate.py``: the accuracy gate of INT8; ``lightening.py``: that of light forms; ``comparison.py``: compares two
  networks.
- ``pictures.py``: the pictures that are measured on.
"""
