from __future__ import annotations

import struct
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool

from semseg.contract.record import PackedRecord, Record


def test_every_field_comes_back() -> None:
    record = Record(uid="a", metadata="b", configuration="c")
    record.features["x"].float32_tensor.values.extend([0.5, -2.0])
    record.features["x"].float32_tensor.keys.append(4)
    record.features["x"].float32_tensor.shape.append(9)
    record.label["y"].float64_tensor.values.append(0.1)
    record.label["z"].int32_tensor.values.extend([-1, 2])
    record.features["w"].bytes.value.append(b"\xff")
    record.features["w"].bytes.content_type = "image/png"
    assert Record.FromString(record.SerializeToString()) == record


def test_a_record_is_written_as_the_published_schema_says() -> None:
    record = Record()
    record.features["t"].float32_tensor.values.extend([1.0])
    packed_values = b"\x0a\x04" + struct.pack("<f", 1.0)  # field 1, 4 bytes
    value = b"\x12\x06" + packed_values  # Value.float32_tensor is field 2
    entry = b"\x0a\x01t" + b"\x12\x08" + value  # key, value
    assert record.SerializeToString() == b"\x0a\x0d" + entry


def test_each_field_has_the_number_of_the_published_schema() -> None:
    value = value_type()
    assert numbers(Record.DESCRIPTOR) == {"features": 1, "label": 2, "uid": 3, "metadata": 4, "configuration": 5}
    assert numbers(value) == {"float32_tensor": 2, "float64_tensor": 3, "int32_tensor": 7, "bytes": 9}
    for name, field in value.fields_by_name.items():
        of_a_tensor = {"values": 1, "keys": 2, "shape": 3}
        assert numbers(field.message_type) == ({"value": 1, "content_type": 2} if name == "bytes" else of_a_tensor)


def numbers(message: Any) -> dict[str, int]:
    return {field.name: field.number for field in message.fields}


def value_type() -> Any:
    """The type of the values in the map ``features``."""
    return Record.DESCRIPTOR.fields_by_name["features"].message_type.fields_by_name["value"].message_type


def test_a_value_holds_one_kind_at_a_time() -> None:
    record = Record()
    record.features["x"].float32_tensor.values.append(1.0)
    record.features["x"].int32_tensor.values.append(1)
    assert record.features["x"].WhichOneof("value") == "int32_tensor"


def test_the_packed_class_writes_the_same_bytes() -> None:
    values = [0.0, 0.25, -1e30]
    public, packed = Record(), PackedRecord()
    public.features["target"].float32_tensor.values.extend(values)
    packed.features["target"].float32_tensor.values.append(struct.pack("<3f", *values))
    assert packed.SerializeToString() == public.SerializeToString()


def test_another_package_may_register_the_same_names() -> None:
    file = descriptor_pb2.FileDescriptorProto(name="record.proto", package="aialgs.data", syntax="proto2")
    file.message_type.add(name="Record")
    theirs = descriptor_pool.Default()
    theirs.AddSerializedFile(file.SerializeToString())
    assert not theirs.FindMessageTypeByName("aialgs.data.Record").fields
    assert len(Record.DESCRIPTOR.fields) == 5
