from __future__ import annotations

import itertools
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from semseg.contract import recordio
from semseg.contract.record import Record
from semseg.errors import UserError

MAGIC = bytes.fromhex("0a23d7ce")  # 0xced7230a, little-endian
PAYLOADS = {
    "empty": b"",
    "one byte": b"x",
    "a multiple of four": b"abcdefgh",
    "the magic alone": MAGIC,
    "the magic twice": MAGIC * 2,
    "the magic first": MAGIC + b"tail",
    "the magic in the middle": b"head" + MAGIC + b"tail!",
    "the magic last": b"head" + MAGIC,
    "the magic twice in the middle": b"head" + MAGIC + b"middle__" + MAGIC + b"t",
    "the magic at an odd place": b"abc" + MAGIC + b"defgh",
    "the magic cut off": b"head" + MAGIC[:3],
}


def part(cflag: int, payload: bytes) -> bytes:
    padding = b"\0" * (-len(payload) % 4)
    return MAGIC + struct.pack("<I", cflag << 29 | len(payload)) + payload + padding


def answer(values: list[float], shape: list[int]) -> bytes:
    record = Record()
    record.features["target"].float32_tensor.values.extend(values)
    record.features["shape"].int32_tensor.values.extend(shape)
    return part(0, record.SerializeToString())


def test_a_record_is_framed_as_documented() -> None:
    assert recordio.write_record(b"abcde") == MAGIC + b"\x05\0\0\0" + b"abcde\0\0\0"


def test_a_record_is_cut_where_the_magic_stands_aligned() -> None:
    data = recordio.write_record(b"head" + MAGIC + b"middle__" + MAGIC + b"t")
    assert data == part(1, b"head") + part(2, b"middle__") + part(3, b"t")


def test_the_magic_at_an_odd_place_is_left_in() -> None:
    payload = b"abc" + MAGIC + b"d"
    assert recordio.write_record(payload) == part(0, payload)


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_a_payload_comes_back(payload: bytes) -> None:
    assert list(recordio.read_records(recordio.write_record(payload))) == [payload]


def test_records_come_back_in_order() -> None:
    data = b"".join(recordio.write_record(payload) for payload in PAYLOADS.values())
    assert list(recordio.read_records(data)) == list(PAYLOADS.values())


def test_no_bytes_are_no_records() -> None:
    assert list(recordio.read_records(b"")) == []


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\x89PNG\r\n\x1a\n", "RecordIO data must have 0xced7230a at byte 0, got 0x474e5089"),
        (part(0, b"four") + b"not magic", "RecordIO data must have 0xced7230a at byte 12, got 0x20746f6e"),
        (part(0, b"four") + MAGIC, "RecordIO data must be whole, but it ends within the header at byte 12"),
        (part(0, b"four")[:-1], "RecordIO data must be whole, but the 4 bytes of the part at byte 0 are cut off"),
        (part(0, b"abcde")[:-1], "RecordIO data must be whole, but the 5 bytes of the part at byte 0 are cut off"),
        (part(4, b""), "RecordIO data must have a cflag of 0 to 3 at byte 0, got 4"),
        (part(2, b""), "RecordIO data must hold a record's parts in order, got cflag 2 at byte 0"),
        (part(3, b""), "RecordIO data must hold a record's parts in order, got cflag 3 at byte 0"),
        (part(1, b"") + part(0, b""), "RecordIO data must hold a record's parts in order, got cflag 0 at byte 8"),
        (part(1, b"") + part(1, b""), "RecordIO data must hold a record's parts in order, got cflag 1 at byte 8"),
        (part(1, b"four"), "RecordIO data must end with the last part of its record, got none up to byte 12"),
    ],
)
def test_broken_framing_is_refused_in_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(UserError) as refusal:
        list(recordio.read_records(data))
    assert str(refusal.value) == sentence


def test_probabilities_come_back_as_an_array_of_the_callers_own() -> None:
    decoded = recordio.decode_probabilities(recordio.encode_probabilities(np.zeros((3, 5, 7), np.float32)))
    decoded[0, 0, 0] = 1
    assert (decoded.dtype, decoded.sum()) == (np.float32, 1)


def test_probabilities_in_another_memory_order_come_back() -> None:
    probabilities = np.arange(24, dtype=np.float32).reshape(3, 4, 2).transpose(2, 0, 1)
    decoded = recordio.decode_probabilities(recordio.encode_probabilities(probabilities))
    assert np.array_equal(decoded, probabilities)


def test_an_answer_is_read_without_this_library() -> None:
    """By the field numbers of the published schema and by the framing, both written anew here."""
    data = recordio.encode_probabilities(np.array([[[0.25, 0.5]], [[0.75, 0.5]]], np.float32))
    assert data[:4] == MAGIC
    (length,) = struct.unpack_from("<I", data, 4)
    assert len(data) == 8 + length + -length % 4
    record = reader_class().FromString(data[8 : 8 + length])
    features = {feature.key: feature.value for feature in record.features}
    assert list(features["target"].float32_tensor.values) == [0.25, 0.5, 0.75, 0.5]
    assert list(features["shape"].int32_tensor.values) == [1, 2, 1, 2]


def reader_class() -> Any:
    """Record as far as an answer needs it; ``map<string, Value>`` is a repeated message of key and value."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="reader.proto", syntax="proto2")
    fields = [
        ("Floats", "values", 1, field.TYPE_FLOAT, field.LABEL_REPEATED, None),
        ("Ints", "values", 1, field.TYPE_INT32, field.LABEL_REPEATED, None),
        ("Value", "float32_tensor", 2, field.TYPE_MESSAGE, field.LABEL_OPTIONAL, ".Floats"),
        ("Value", "int32_tensor", 7, field.TYPE_MESSAGE, field.LABEL_OPTIONAL, ".Ints"),
        ("Feature", "key", 1, field.TYPE_STRING, field.LABEL_OPTIONAL, None),
        ("Feature", "value", 2, field.TYPE_MESSAGE, field.LABEL_OPTIONAL, ".Value"),
        ("Record", "features", 1, field.TYPE_MESSAGE, field.LABEL_REPEATED, ".Feature"),
    ]
    messages = {name: file.message_type.add(name=name) for name in ("Floats", "Ints", "Value", "Feature", "Record")}
    for message, name, number, kind, label, type_name in fields:
        messages[message].field.add(name=name, number=number, type=kind, label=label, type_name=type_name)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("Record"))


def test_values_that_a_writer_left_unpacked_are_read() -> None:
    record = Record()
    record.features["shape"].int32_tensor.values.extend([1, 1, 1, 2])
    values = b"\x0d" + struct.pack("<f", 0.5) + b"\x0d" + struct.pack("<f", 0.25)  # field 1, one number at a time
    value = b"\x12" + bytes([len(values)]) + values
    entry = b"\x0a\x06target" + b"\x12" + bytes([len(value)]) + value
    payload = record.SerializeToString() + b"\x0a" + bytes([len(entry)]) + entry
    assert recordio.decode_probabilities(part(0, payload)).tolist() == [[[0.5, 0.25]]]


def test_values_in_several_packed_runs_are_read() -> None:
    record = Record()
    record.features["shape"].int32_tensor.values.extend([1, 1, 1, 2])
    values = b"\x0a\x04" + struct.pack("<f", 0.5) + b"\x0a\x04" + struct.pack("<f", 0.25)
    value = b"\x12" + bytes([len(values)]) + values
    entry = b"\x0a\x06target" + b"\x12" + bytes([len(value)]) + value
    payload = record.SerializeToString() + b"\x0a" + bytes([len(entry)]) + entry
    assert recordio.decode_probabilities(part(0, payload)).tolist() == [[[0.5, 0.25]]]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "An answer with probabilities must be one RecordIO record, got 0"),
        (part(0, b"") * 2, "An answer with probabilities must be one RecordIO record, got 2"),
        (part(0, b"\xff\xff"), "A RecordIO record must hold a Record message, got 2 other bytes"),
        (part(0, b""), "A Record of probabilities must have the features target and shape, got none"),
        (
            part(0, b"\x0a\x05\x0a\x01\xff\x12\x00" + b"\x0a\x05\x0a\x01a\x12\x00"),
            "A Record of probabilities must have the features target and shape, got a, b'\\xff'",
        ),
        (
            answer([1.0] * 3, [1, 1, 2, 2]),
            "Probabilities of shape [1, 1, 2, 2] must be 4 values, got 3",
        ),
        (
            answer([1.0] * 4, [1, 2, 2]),
            "The shape of probabilities must be [1, classes, height, width], each at least 1, got [1, 2, 2]",
        ),
        (
            answer([1.0] * 4, [2, 1, 1, 2]),
            "The shape of probabilities must be [1, classes, height, width], each at least 1, got [2, 1, 1, 2]",
        ),
        (
            answer([], [1, 0, 2, 2]),
            "The shape of probabilities must be [1, classes, height, width], each at least 1, got [1, 0, 2, 2]",
        ),
        (
            answer([1.0] * 4, [1, -2, -2, 1]),
            "The shape of probabilities must be [1, classes, height, width], each at least 1, got [1, -2, -2, 1]",
        ),
        (
            answer([1.0], [1, 2**31 - 1, 2**31 - 1, 2**31 - 1]),
            "Probabilities of shape [1, 2147483647, 2147483647, 2147483647] must be "
            "9903520300447984150353281023 values, got 1",
        ),
    ],
    ids=itertools.count(),  # of the bytes, which protobuf writes in no set order, no name could be made
)
def test_a_broken_answer_is_refused_in_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(UserError) as refusal:
        recordio.decode_probabilities(data)
    assert str(refusal.value) == sentence


def test_probabilities_too_many_for_a_record_are_refused_before_they_are_made() -> None:
    with pytest.raises(UserError) as refusal:
        recordio.check_record_size((21, 4000, 6000))
    assert str(refusal.value) == (
        "Probabilities must be less than 536870912 bytes in one record, but those of 21 classes at 4000 x 6000 pixels "
        "are 2016000000: ask for image/png, or send a picture of at most 6391308 pixels"
    )


def test_the_pixels_that_a_refusal_names_fit_and_one_more_does_not() -> None:
    recordio.check_record_size((21, 1, 6391308))
    with pytest.raises(UserError, match="at most 6391308 pixels"):
        recordio.check_record_size((21, 1, 6391309))


def test_the_names_beside_the_values_have_1024_bytes_of_a_record() -> None:
    # 2**29 bytes less 1024 are 134217472 values of 4 bytes, and a record must be shorter than 2**29 bytes
    recordio.check_record_size((1, 1, 134_217_471))
    with pytest.raises(UserError, match="at most 134217471 pixels"):
        recordio.check_record_size((1, 1, 134_217_472))


def test_probabilities_of_a_large_photograph_fit() -> None:
    recordio.check_record_size((21, 2000, 3000))


def test_pieces_are_together_the_record_and_as_long_as_they_say() -> None:
    probabilities = np.random.default_rng(0).random((3, 500, 701), np.float32)  # 4 MB
    length, chunks = recordio.probability_chunks(probabilities)
    pieces = [bytes(chunk) for chunk in chunks]
    data = b"".join(pieces)
    assert len(data) == length
    assert max(map(len, pieces)) == 2**20
    assert data == recordio.encode_probabilities(probabilities)
    assert np.array_equal(recordio.decode_probabilities(data), probabilities)


def test_the_length_of_pieces_counts_all_parts_of_a_record_that_is_cut() -> None:
    probabilities = np.full((1, 1, 5), np.frombuffer(MAGIC, "<f4")[0], np.float32)
    length, chunks = recordio.probability_chunks(probabilities)
    assert length == len(b"".join(chunks))


# A length is written to the base of 128: 128 bytes are the digits 0 and 1, and 16300 the digits 44 and 127.
@pytest.mark.parametrize("shape", [(2, 3, 2), (1, 1, 32), (1, 1, 4075)])
def test_a_record_of_pieces_is_what_protobuf_itself_writes(shape: tuple[int, int, int]) -> None:
    """But for the order of the features, which protobuf leaves open."""
    probabilities = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    (payload,) = recordio.read_records(recordio.encode_probabilities(probabilities))
    whole = Record.FromString(payload)
    features = {}
    for name in ("target", "shape"):
        one = Record()
        one.features[name].CopyFrom(whole.features[name])
        features[name] = one.SerializeToString()
    assert payload == features["target"] + features["shape"]
    assert list(whole.features["target"].float32_tensor.values) == list(range(np.prod(shape)))


@pytest.mark.parametrize("width", range(262_200, 262_212))
def test_the_magic_is_found_wherever_it_stands_in_the_values(width: int) -> None:
    """At every place of four in the payload, and across the ends of the pieces that are looked at."""
    probabilities = np.zeros((1, 1, width), np.float32)
    values = probabilities.reshape(-1).view(np.uint8)
    head = recordio.encode_probabilities(probabilities)[8:].index(bytes(64))  # the bytes before the values
    for place in (-head % 4, 1_000_000 - 4 - head % 4, 2**20 - 4 - head, 2**20 - head):
        values[place : place + 4] = np.frombuffer(MAGIC, np.uint8)
    data = recordio.encode_probabilities(probabilities)
    assert parts_of(data) == 5  # it was cut at each of the four places
    assert np.array_equal(recordio.decode_probabilities(data).view(np.uint8), probabilities.view(np.uint8))


def parts_of(data: bytes) -> int:
    """How many parts the RecordIO data are made of."""
    count = position = 0
    while position < len(data):
        length = struct.unpack_from("<I", data, position + 4)[0] % 2**29
        count, position = count + 1, position + 8 + length + -length % 4
    return count


class LongPayload(bytes):
    """A payload that says it is 2**29 bytes long."""

    def __len__(self) -> int:
        return 2**29


def test_a_payload_of_half_a_gigabyte_is_refused() -> None:
    with pytest.raises(UserError, match=r"^A RecordIO record must be shorter than 536870912 bytes, got 536870912$"):
        recordio.write_record(LongPayload())


@pytest.mark.engine
@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_mxnet_reads_what_we_write_and_we_read_what_mxnet_writes(payload: bytes, tmp_path: Path) -> None:
    from mxnet.recordio import MXRecordIO

    theirs, ours = tmp_path / "theirs.rec", tmp_path / "ours.rec"
    writer = MXRecordIO(str(theirs), "w")
    writer.write(payload)
    writer.write(b"next")
    writer.close()
    ours.write_bytes(recordio.write_record(payload) + recordio.write_record(b"next"))
    assert ours.read_bytes() == theirs.read_bytes()
    assert list(recordio.read_records(theirs.read_bytes())) == [payload, b"next"]
    reader = MXRecordIO(str(ours), "r")
    assert [reader.read(), reader.read()] == [payload, b"next"]
    reader.close()
