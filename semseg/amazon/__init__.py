"""SageMaker's names for the records in which its built-in algorithms write tensors."""

from semseg.amazon import amazon_estimator, common, record_pb2

__all__ = ["amazon_estimator", "common", "record_pb2"]
