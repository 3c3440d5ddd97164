"""The Record message, in which SageMaker's built-in algorithms write tensors.

Source of the schema: ``record.proto`` of the SageMaker Python SDK (proto2, package ``aialgs.data``). It is built in a
pool of our own, so that it never meets the registration that the ``sagemaker`` package makes under the same names.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "aialgs.data"
VALUE = f".{PACKAGE}.Value"

_Field = descriptor_pb2.FieldDescriptorProto
_Message = descriptor_pb2.DescriptorProto


def message_class(packed_values_as_bytes: bool) -> Any:
    """Returns the protobuf class of Record messages.

    Args:
        packed_values_as_bytes: give ``Float32Tensor.values`` as ``repeated bytes``, each the little-endian float32 of
            one packed run. A packed field travels as exactly such bytes, so that both classes write and read the same
            messages; this one takes millions of values at once, without a Python number for each.
    """
    file = descriptor_pb2.FileDescriptorProto(name="record.proto", package=PACKAGE, syntax="proto2")
    floats = _Field.TYPE_BYTES if packed_values_as_bytes else _Field.TYPE_FLOAT
    file.message_type.extend(
        [
            _tensor("Float32Tensor", floats),
            _tensor("Float64Tensor", _Field.TYPE_DOUBLE),
            _tensor("Int32Tensor", _Field.TYPE_INT32),
            _bytes(),
            _value(),
            _record(),
        ]
    )
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.Record"))


def _field(name: str, number: int, field_type: Any, repeated: bool = False, type_name: str = "") -> Any:
    label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
    field = _Field(name=name, number=number, type=field_type, label=label)
    if type_name:
        field.type_name = type_name
    if repeated and field_type not in (_Field.TYPE_BYTES, _Field.TYPE_MESSAGE):
        field.options.packed = True
    return field


def _tensor(name: str, value_type: Any) -> Any:
    values = _field("values", 1, value_type, repeated=True)
    keys = _field("keys", 2, _Field.TYPE_UINT64, repeated=True)
    shape = _field("shape", 3, _Field.TYPE_UINT64, repeated=True)
    return _Message(name=name, field=[values, keys, shape])


def _bytes() -> Any:
    value = _field("value", 1, _Field.TYPE_BYTES, repeated=True)
    return _Message(name="Bytes", field=[value, _field("content_type", 2, _Field.TYPE_STRING)])


def _value() -> Any:
    kinds = {"float32_tensor": 2, "float64_tensor": 3, "int32_tensor": 7, "bytes": 9}
    message = _Message(name="Value", oneof_decl=[descriptor_pb2.OneofDescriptorProto(name="value")])
    for name, number in kinds.items():
        type_name = f".{PACKAGE}." + "".join(word.capitalize() for word in name.split("_"))
        field = _field(name, number, _Field.TYPE_MESSAGE, type_name=type_name)
        field.oneof_index = 0
        message.field.append(field)
    return message


def _record() -> Any:
    message = _Message(name="Record")
    for name, number in {"features": 1, "label": 2}.items():
        entry = f"{name.capitalize()}Entry"
        type_name = f".{PACKAGE}.Record.{entry}"
        message.field.append(_field(name, number, _Field.TYPE_MESSAGE, repeated=True, type_name=type_name))
        message.nested_type.append(_map_entry(entry))
    for name, number in {"uid": 3, "metadata": 4, "configuration": 5}.items():
        message.field.append(_field(name, number, _Field.TYPE_STRING))
    return message


def _map_entry(name: str) -> Any:
    """Returns the message type that stands for ``map<string, Value>`` on the wire: a key and a value."""
    key = _field("key", 1, _Field.TYPE_STRING)
    value = _field("value", 2, _Field.TYPE_MESSAGE, type_name=VALUE)
    return _Message(name=name, field=[key, value], options=descriptor_pb2.MessageOptions(map_entry=True))


Record: Any = message_class(packed_values_as_bytes=False)
PackedRecord: Any = message_class(packed_values_as_bytes=True)
