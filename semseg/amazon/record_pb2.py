"""The messages of record.proto, under the names of the SageMaker Python SDK's ``sagemaker.amazon.record_pb2``.

They are registered nowhere, so that the ``sagemaker`` package may be imported beside them.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import message_factory

from semseg.contract import record

DESCRIPTOR: Any = record.Record.DESCRIPTOR.file


def _message(name: str) -> Any:
    return message_factory.GetMessageClass(DESCRIPTOR.message_types_by_name[name])


Float32Tensor = _message("Float32Tensor")
Float64Tensor = _message("Float64Tensor")
Int32Tensor = _message("Int32Tensor")
Bytes = _message("Bytes")
Value = _message("Value")
Record = record.Record

__all__ = ["DESCRIPTOR", "Bytes", "Float32Tensor", "Float64Tensor", "Int32Tensor", "Record", "Value"]
