from __future__ import annotations

from pathlib import Path

import pytest

from semseg.contract.sample_order import sample_order
from semseg.contract.stream_names import StreamOrder, names_line, read_names, read_order
from semseg.data.stream_names import StreamNames
from semseg.errors import PlatformError
from semseg.local.files.stream_names import write_names

PAIRS = [(f"images/{name}.jpg (line 1)", f"masks/{name}.png") for name in ("a", "\u00e4 \n", "c")]


def names_at(path: Path, order: StreamOrder, names: list[tuple[str, ...]]) -> StreamNames:
    write_names(path, order, names)
    told = StreamNames.told_at(path)
    assert told is not None
    return told


def test_records_of_a_pass_have_the_names_that_were_told(tmp_path: Path) -> None:
    name_of = names_at(tmp_path / "deep" / "train.jsonl", StreamOrder(3), [*PAIRS]).of_pass(5)
    assert [name_of(record) for record in range(7)] == [*(part for pair in PAIRS for part in pair), None]


def test_the_order_is_that_of_the_feeder_of_a_job_that_goes_on(tmp_path: Path) -> None:
    names = names_at(tmp_path / "train.jsonl", StreamOrder(3, seed=7, epochs=2), [("a",), ("b",), ("c",)])
    for number in range(3):
        name_of = names.of_pass(number)
        assert [name_of(record) for record in range(3)] == ["abc"[index] for index in sample_order(7, 2 + number, 3)]


def test_where_nobody_told_them_there_are_no_names(tmp_path: Path) -> None:
    assert StreamNames.told_at(tmp_path / "train.jsonl") is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]\n",
        '{"samples": 1}\n["a"]\n',
        '{"samples": 1, "seed": -1, "epochs": 0}\n["a"]\n',
        '{"samples": true, "seed": null, "epochs": 0}\n["a"]\n',
        '{"samples": 2, "seed": null, "epochs": 0}\n["a"]\n',
        '{"samples": 1, "seed": null, "epochs": 0}\n["a", "b", "c"]\n',
        '{"samples": 1, "seed": null, "epochs": 0}\n{}\n',
        '{"samples": 1, "seed": null, "epochs": 0}\n' + "[" * 100_000 + "\n",
    ],
)
def test_a_damaged_file_is_a_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "train.jsonl").write_text(content)
    with pytest.raises(PlatformError, match=r"train\.jsonl cannot be read: "):
        StreamNames(tmp_path / "train.jsonl").of_pass(0)(0)


def test_a_name_is_kept_as_far_as_5000_characters() -> None:
    assert read_names(names_line(["x" * 5001, "y"]).encode()) == ["x" * 5000, "y"]
    assert read_order(StreamOrder(4, 1, 2).line().encode()) == StreamOrder(4, 1, 2)
