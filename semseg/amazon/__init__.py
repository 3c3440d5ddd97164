"""SageMaker's names for the records in which its built-in algorithms write tensors.

- ``amazon_estimator.py``, ``common.py``, ``hyperparameter.py``, ``record_pb2.py``: modules of the SageMaker Python
  SDK of the same names.
"""

from semseg.amazon import amazon_estimator, common, hyperparameter, record_pb2

__all__ = ["amazon_estimator", "common", "hyperparameter", "record_pb2"]
