"""RecordIO: what is written comes back, and of any bytes come records or one of our errors."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semseg.contract import recordio
from semseg.errors import UserError

WORDS = st.sampled_from([recordio.MAGIC_BYTES, recordio.MAGIC_BYTES[:3], b"\0\0\0\0"]) | st.binary(max_size=9)
PAYLOADS = st.lists(WORDS, max_size=8).map(b"".join)  # with the magic in it, at even and at odd places


@given(st.lists(PAYLOADS, max_size=5))
def test_payloads_come_back_in_order_whole_and_as_a_stream(payloads: list[bytes]) -> None:
    data = b"".join(recordio.write_record(payload) for payload in payloads)
    assert list(recordio.read_records(data)) == payloads
    assert list(recordio.read_stream(io.BytesIO(data).read)) == payloads


@given(PAYLOADS)
def test_a_record_holds_the_magic_at_a_multiple_of_four_only_before_its_parts(payload: bytes) -> None:
    data = recordio.write_record(payload)
    parts = sum(data[place : place + 4] == recordio.MAGIC_BYTES for place in range(0, len(data), 4))
    magics = sum(payload[place : place + 4] == recordio.MAGIC_BYTES for place in range(0, len(payload), 4))
    assert parts == magics + 1
    assert len(data) % 4 == 0


@given(PAYLOADS, st.data())
def test_a_record_that_is_cut_off_anywhere_is_refused(payload: bytes, data: st.DataObject) -> None:
    record = recordio.write_record(payload)
    short = record[: data.draw(st.integers(1, len(record) - 1))]
    with pytest.raises(UserError):
        list(recordio.read_records(short))
    with pytest.raises(UserError):
        list(recordio.read_stream(io.BytesIO(short).read))


HEADERS = st.builds(
    recordio.HEADER.pack, st.just(recordio.MAGIC), st.integers(0, 2**32 - 1) | st.integers(0, 7).map(lambda n: n << 29)
)


@given(st.lists(HEADERS | WORDS, max_size=8).map(b"".join))
def test_any_bytes_are_records_or_are_refused_both_ways_alike(data: bytes) -> None:
    try:
        records = list(recordio.read_records(data))
    except UserError:
        with pytest.raises(UserError):
            list(recordio.read_stream(io.BytesIO(data).read))
    else:
        assert list(recordio.read_stream(io.BytesIO(data).read)) == records


@given(st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9)), st.integers(0, 2**32 - 1))
def test_probabilities_come_back_bit_by_bit(shape: tuple[int, int, int], seed: int) -> None:
    words = np.random.default_rng(seed).integers(0, 2**32, shape, np.uint32)
    words[words % 3 == 0] = recordio.MAGIC
    decoded = recordio.decode_probabilities(recordio.encode_probabilities(words.view(np.float32)))
    assert np.array_equal(decoded.view(np.uint32), words)


@given(st.binary(max_size=60), st.integers(0, 200), st.integers(0, 3))
def test_a_changed_answer_is_read_or_refused(noise: bytes, place: int, more: int) -> None:
    (payload,) = recordio.read_records(recordio.encode_probabilities(np.ones((2, 2, 2), np.float32)))
    start = place % (len(payload) + 1)
    changed = payload[:start] + noise + payload[start + len(noise) - more :]
    for data in (noise, recordio.write_record(noise), recordio.write_record(changed)):
        try:
            probabilities = recordio.decode_probabilities(data)
        except UserError:
            continue
        assert (probabilities.ndim, probabilities.dtype) == (3, np.float32)
