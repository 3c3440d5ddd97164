"""SageMaker's names for the records in which its built-in algorithms write tensors.

- ``common.py``: arrays to and from RecordIO-protobuf.
- ``record_pb2.py``: the Record message.
- ``amazon_estimator.py``: ``get_image_uri``, a name of the SageMaker Python SDK v1.
"""

from semseg.amazon import amazon_estimator, common, record_pb2

__all__ = ["amazon_estimator", "common", "record_pb2"]
