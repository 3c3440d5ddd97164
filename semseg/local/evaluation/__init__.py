"""Models scored on labelled pictures, pictures predicted, and learning rates tried, without a server: in child
processes.

- ``opened_model.py``: a model in the folder of a child process.
- ``evaluations.py``: scores a model on a data set.
- ``predictions.py``: writes masks of pictures.
- ``range_tests.py``: tries learning rates for a job.
"""
