"""Reads an endpoint's probabilities with protobuf alone: python -I decode_probabilities.py <answer> <mask.npy>

It stands for a program of somebody who has never heard of semseg. The schema is the part of SageMaker's public
record.proto that an answer uses; the framing is dmlc-core's RecordIO. Prints the shape that the answer names.
"""

from __future__ import annotations

import sys

sys.modules["semseg"] = None  # type: ignore[assignment]  # an import of it fails from here on

import struct  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format  # noqa: E402

MAGIC = 0xCED7230A
SCHEMA = """
name: "record.proto" package: "aialgs.data" syntax: "proto2"
message_type {
  name: "Float32Tensor"
  field { name: "values" number: 1 label: LABEL_REPEATED type: TYPE_FLOAT options { packed: true } }
  field { name: "keys" number: 2 label: LABEL_REPEATED type: TYPE_UINT64 options { packed: true } }
  field { name: "shape" number: 3 label: LABEL_REPEATED type: TYPE_UINT64 options { packed: true } }
}
message_type {
  name: "Int32Tensor"
  field { name: "values" number: 1 label: LABEL_REPEATED type: TYPE_INT32 options { packed: true } }
  field { name: "keys" number: 2 label: LABEL_REPEATED type: TYPE_UINT64 options { packed: true } }
  field { name: "shape" number: 3 label: LABEL_REPEATED type: TYPE_UINT64 options { packed: true } }
}
message_type {
  name: "Value"
  field { name: "float32_tensor" number: 2 label: LABEL_OPTIONAL type: TYPE_MESSAGE oneof_index: 0
          type_name: ".aialgs.data.Float32Tensor" }
  field { name: "int32_tensor" number: 7 label: LABEL_OPTIONAL type: TYPE_MESSAGE oneof_index: 0
          type_name: ".aialgs.data.Int32Tensor" }
  oneof_decl { name: "value" }
}
message_type {
  name: "Record"
  field { name: "features" number: 1 label: LABEL_REPEATED type: TYPE_MESSAGE
          type_name: ".aialgs.data.Record.FeaturesEntry" }
  nested_type {
    name: "FeaturesEntry"
    field { name: "key" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
    field { name: "value" number: 2 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: ".aialgs.data.Value" }
    options { map_entry: true }
  }
}
"""


def record_payload(body: bytes) -> bytes:
    """The bytes of the one record, which is whole and the only one."""
    magic, length = struct.unpack_from("<II", body)
    if magic != MAGIC or len(body) != 8 + (length + 3) // 4 * 4:
        raise SystemExit(f"no whole RecordIO record: {body[:8].hex()}, {len(body)} bytes")
    return body[8 : 8 + length]


def main(answer: str, mask: str) -> None:
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(text_format.Parse(SCHEMA, descriptor_pb2.FileDescriptorProto()).SerializeToString())
    record: Any = message_factory.GetMessageClass(pool.FindMessageTypeByName("aialgs.data.Record"))()
    with open(answer, "rb") as file:
        record.ParseFromString(record_payload(file.read()))
    shape = list(record.features["shape"].int32_tensor.values)
    values = np.array(record.features["target"].float32_tensor.values, np.float32)
    np.save(mask, values.reshape(shape)[0].argmax(axis=0).astype(np.uint8))
    print(shape)


if __name__ == "__main__":
    main(*sys.argv[1:])
