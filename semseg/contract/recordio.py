"""Probabilities as SageMaker sends them: one RecordIO record that holds one Record message.

Source of the framing: dmlc-core's ``recordio.h``. A record is one or more parts, each of them

    magic 0xced7230a | cflag (3 bits), length (29 bits) | ``length`` bytes, padded with zeros to a multiple of 4

with all numbers little-endian. The payload is cut wherever the magic stands in it at a multiple of 4 bytes; the magic
itself is left out there, and the reader puts it back between the parts.
"""

from __future__ import annotations

import bisect
import itertools
import math
import struct
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from google.protobuf.message import DecodeError

from semseg.contract.record import PackedRecord, Record
from semseg.errors import UserError

MAGIC = 0xCED7230A
MAGIC_BYTES = struct.pack("<I", MAGIC)
HEADER = struct.Struct("<II")  # magic; cflag and length
LENGTH_BITS = 29
MAX_LENGTH = 1 << LENGTH_BITS  # bytes; a record must be shorter
WHOLE, FIRST, MIDDLE, LAST = range(4)  # the values of cflag
MAX_STREAMED = 1 << 28  # bytes of one record of a stream; the largest picture that is decoded takes less as PNG
CHUNK = 1 << 20  # bytes that are looked at, and handed on, at a time; a multiple of 4
ROOM_FOR_NAMES = 1024  # bytes; more than a record takes without its values


def encode_probabilities(probabilities: np.ndarray) -> bytes:
    """Returns one RecordIO record with the features ``target``, float32, and ``shape``, int32 [1, C, H, W].

    Args:
        probabilities: (C, H, W) float32.

    Raises:
        UserError: they are too many for one record.
    """
    _, chunks = probability_chunks(probabilities)
    return b"".join(chunks)


def probability_chunks(probabilities: np.ndarray) -> tuple[int, Iterator[bytes | memoryview]]:
    """Returns the length of what :func:`encode_probabilities` gives, and its pieces, taken from the array's own memory.

    Args:
        probabilities: (C, H, W) float32. Do not change them until the last piece is taken. They are copied as a whole
            only if they are not in that order in memory.

    Returns:
        The count of all bytes, and the bytes in pieces of at most 1 MiB.

    Raises:
        UserError: they are too many for one record.
    """
    check_record_size(probabilities.shape)
    values = np.ascontiguousarray(probabilities, "<f4").reshape(-1).view(np.uint8).data
    shape = Record()
    shape.features["shape"].int32_tensor.values.extend([1, *probabilities.shape])
    # A message is its fields one after the other, so that two joined messages are one message with the fields of both.
    payload = _Payload([_before_values(len(values)), values, memoryview(shape.SerializeToString())])
    parts = _parts(payload)
    length = sum(HEADER.size + (end - start) + -(end - start) % 4 for _, start, end in parts)
    return length, _framed(payload, parts)


def decode_probabilities(data: bytes) -> np.ndarray:
    """Returns the probabilities in a RecordIO answer.

    Returns:
        (C, H, W) float32.

    Raises:
        UserError: ``data`` is not one record with one Record of a ``target`` and its ``shape``.
    """
    records = list(read_records(data))
    if len(records) != 1:
        raise UserError(f"An answer with probabilities must be one RecordIO record, got {len(records)}")
    try:
        values, shape = _tensors(records[0])
    except DecodeError as error:
        raise UserError(f"A RecordIO record must hold a Record message, got {len(records[0])} other bytes") from error
    return values.astype(np.float32).reshape(shape[1:])


def check_record_size(shape: Sequence[int]) -> None:
    """Raises UserError if probabilities of ``shape``, (C, H, W), are too many for one record."""
    size = 4 * math.prod(shape)
    if size + ROOM_FOR_NAMES >= MAX_LENGTH:
        classes, height, width = shape
        pixels = (MAX_LENGTH - ROOM_FOR_NAMES - 1) // (4 * classes)
        raise UserError(
            f"Probabilities must be less than {MAX_LENGTH} bytes in one record, but those of {classes} classes at "
            f"{height} x {width} pixels are {size}: ask for image/png, or send a picture of at most {pixels} pixels"
        )


def write_record(payload: bytes) -> bytes:
    """Returns ``payload`` as one RecordIO record.

    Raises:
        UserError: it is not shorter than 2**29 bytes.
    """
    if len(payload) >= MAX_LENGTH:
        raise UserError(f"A RecordIO record must be shorter than {MAX_LENGTH} bytes, got {len(payload)}")
    whole = _Payload([memoryview(payload)])
    return b"".join(_framed(whole, _parts(whole)))


def read_records(data: bytes) -> Iterator[bytes]:
    """Yields the payload of each record in ``data``.

    Raises:
        UserError: ``data`` is not RecordIO, or it is cut off.
    """
    parts: list[bytes] = []
    position = 0
    while position < len(data):
        cflag, part = _read_part(data, position)
        if (cflag in (WHOLE, FIRST)) != (not parts):
            raise UserError(f"RecordIO data must hold a record's parts in order, got cflag {cflag} at byte {position}")
        parts.append(part)
        position += HEADER.size + len(part) + -len(part) % 4
        if cflag in (WHOLE, LAST):
            yield MAGIC_BYTES.join(parts)
            parts = []
    if parts:
        raise UserError(f"RecordIO data must end with the last part of its record, got none up to byte {position}")


def read_stream(read: Callable[[int], bytes], most: int = MAX_STREAMED) -> Iterator[bytes]:
    """Yields the payload of each record of a stream; one record at a time is in memory.

    Args:
        read: gives the next bytes, as many as it is asked for; fewer only where the stream ends.
        most: the most bytes of one record.

    Raises:
        UserError: the stream is not RecordIO, it is cut off, or a record is too large.
    """
    parts: list[bytes] = []
    while header := read(HEADER.size):
        if len(header) < HEADER.size:
            raise UserError("a RecordIO stream must be whole, but it is cut off within a header")
        cflag, length = _split_header(*HEADER.unpack(header))
        if (cflag in (WHOLE, FIRST)) != (not parts):
            raise UserError(f"a RecordIO stream must hold a record's parts in order, got cflag {cflag}")
        # The magic between two parts is counted, so that an endless row of empty parts reaches the limit.
        size = length + sum(len(part) + len(MAGIC_BYTES) for part in parts)
        if size > most:
            raise UserError(f"a record of a RecordIO stream must be at most {most} bytes, got {size}")
        parts.append(_read_whole(read, length + -length % 4)[:length])
        if cflag in (WHOLE, LAST):
            yield MAGIC_BYTES.join(parts)
            parts = []
    if parts:
        raise UserError("a RecordIO stream must end with the last part of its record, but it is cut off before")


def _split_header(magic: int, word: int, position: int | None = None) -> tuple[int, int]:
    """Returns the cflag and the length in a part's header, which stands at ``position`` of data, or in a stream."""
    cflag, length = word >> LENGTH_BITS, word & (MAX_LENGTH - 1)
    if magic == MAGIC and cflag <= LAST:
        return cflag, length
    source = "a RecordIO stream" if position is None else "RecordIO data"
    place = "before each record" if position is None else f"at byte {position}"
    if magic != MAGIC:
        raise UserError(f"{source} must have 0x{MAGIC:08x} {place}, got 0x{magic:08x}")
    raise UserError(f"{source} must have a cflag of 0 to 3 {place}, got {cflag}")


def _read_whole(read: Callable[[int], bytes], length: int) -> bytes:
    data = read(length)
    if len(data) < length:
        raise UserError(
            f"a RecordIO stream must be whole, but it is cut off after {len(data)} of a part's {length} bytes"
        )
    return data


class _Payload:
    """Bytes that lie in several places and are read as if they lay in one."""

    def __init__(self, places: list[memoryview]) -> None:
        self._places = places
        self._ends = list(itertools.accumulate(len(place) for place in places))
        self.length = self._ends[-1]

    def pieces(self, start: int, end: int) -> Iterator[memoryview]:
        """Yields the bytes from ``start`` to before ``end``, at most CHUNK at a time."""
        while start < end:
            index = bisect.bisect_right(self._ends, start)
            begin = self._ends[index] - len(self._places[index])
            stop = min(end, self._ends[index], start + CHUNK)
            yield self._places[index][start - begin : stop - begin]
            start = stop


def _before_values(length: int) -> memoryview:
    """Returns the bytes before the values of ``target`` in a serialised Record: the headers of the fields around
    them.
    """
    head = b""
    # From the inside: values of a Float32Tensor, float32_tensor of a Value, key and value of an entry, features.
    for tag, key in ((0x0A, b""), (0x12, b""), (0x12, b"\x0a\x06target"), (0x0A, b"")):
        head = key + bytes([tag]) + _varint(len(head) + length) + head
    return memoryview(head)


def _varint(number: int) -> bytes:
    """Returns a number as protobuf writes lengths: seven bits in each byte, the lowest bits first."""
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])


def _parts(payload: _Payload) -> list[tuple[int, int, int]]:
    """Returns the cflag, the first byte and the end of each part that a payload is cut into."""
    cuts = _aligned_magics(payload)
    starts = [0] + [cut + len(MAGIC_BYTES) for cut in cuts]
    ends = cuts + [payload.length]
    return [(_cflag(index, len(starts)), start, end) for index, (start, end) in enumerate(zip(starts, ends))]


def _framed(payload: _Payload, parts: list[tuple[int, int, int]]) -> Iterator[bytes | memoryview]:
    for cflag, start, end in parts:
        yield HEADER.pack(MAGIC, cflag << LENGTH_BITS | (end - start))
        yield from payload.pieces(start, end)
        if padding := -(end - start) % 4:
            yield bytes(padding)


def _aligned_magics(payload: _Payload) -> list[int]:
    """Returns the positions in the payload at which the magic number stands at a multiple of 4 bytes."""
    found: list[int] = []
    for start in range(0, payload.length // 4 * 4, CHUNK):
        # Copied, a chunk at a time: words may straddle two places, and need not be aligned in memory.
        chunk = b"".join(payload.pieces(start, min(start + CHUNK, payload.length // 4 * 4)))
        found += [start + 4 * int(index) for index in np.flatnonzero(np.frombuffer(chunk, "<u4") == MAGIC)]
    return found


def _cflag(index: int, count: int) -> int:
    if count == 1:
        return WHOLE
    if index == 0:
        return FIRST
    return LAST if index == count - 1 else MIDDLE


def _read_part(data: bytes, position: int) -> tuple[int, bytes]:
    """Returns the cflag and the bytes of the part that begins at ``position``."""
    if len(data) - position < HEADER.size:
        raise UserError(f"RecordIO data must be whole, but it ends within the header at byte {position}")
    magic, word = HEADER.unpack_from(data, position)
    cflag, length = _split_header(magic, word, position)
    start = position + HEADER.size
    if len(data) - start < length + -length % 4:
        raise UserError(
            f"RecordIO data must be whole, but the {length} bytes of the part at byte {position} are cut off"
        )
    return cflag, data[start : start + length]


def _tensors(payload: bytes) -> tuple[np.ndarray, list[int]]:
    """Returns the values, (N,) little-endian float32, and the shape, [1, C, H, W], in a serialised Record."""
    packed = PackedRecord.FromString(payload)
    if not {"target", "shape"} <= set(packed.features):
        names = ", ".join(sorted(map(str, packed.features))) or "none"  # proto2 lets any bytes be a name
        raise UserError(f"A Record of probabilities must have the features target and shape, got {names[:80]}")
    shape = list(packed.features["shape"].int32_tensor.values)
    if len(shape) != 4 or shape[0] != 1 or min(shape) < 1:
        raise UserError(
            f"The shape of probabilities must be [1, classes, height, width], each at least 1, got {str(shape)[:80]}"
        )
    data = b"".join(packed.features["target"].float32_tensor.values)
    if len(data) == 4 * math.prod(shape):
        return np.frombuffer(data, "<f4"), shape
    # A writer may also leave values unpacked, one by one: the public class reads them all.
    values = Record.FromString(payload).features["target"].float32_tensor.values
    if len(values) != math.prod(shape):
        raise UserError(f"Probabilities of shape {shape} must be {math.prod(shape)} values, got {len(values)}")
    return np.array(values, "<f4"), shape
