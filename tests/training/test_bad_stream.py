"""Samples of a stream that cannot be used: all of a pass are told at once, or left out with exact batches."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from semseg.data.bad_stream import BadPass
from semseg.training.batches import StreamedBatches, evaluation_batches
from semseg.training.good_samples import made_of_good
from tests.training.told_streams import Told, as_it_is, sample


def numbers(batches: StreamedBatches, epoch: int, done: int = 0) -> list[list[int]]:
    return [[int(image[0, 0, 0]) for image in batch.images] for batch in batches.epoch(epoch, done)]


def refusal_of(batches: StreamedBatches) -> list[str]:
    with pytest.raises(BadPass) as refusal:
        numbers(batches, 0)
    return str(refusal.value).splitlines()


@pytest.mark.parametrize("workers", [0, 2])
def test_all_bad_samples_of_a_pass_are_told_at_once_by_file_and_line(tmp_path: Path, workers: int) -> None:
    samples = [sample(0), sample(1, 9), *(sample(n) for n in range(2, 6)), sample(6, 11), sample(7, None), sample(8)]
    head, nine, eleven, broken = refusal_of(Told(tmp_path, samples).batches(workers=workers))
    assert head == "the channels cannot be used, 3 problems:"
    assert nine.startswith("masks/1.png (line 2 of m) holds pixel value 9 in 64 pixels, but with num_classes 3 classes")
    assert eleven.startswith("masks/6.png (line 7 of m) holds pixel value 11 in 64 pixels, but with num_classes 3")
    assert broken.startswith("masks/7.png (line 8 of m) ")


def test_masks_with_the_same_values_are_told_together(tmp_path: Path) -> None:
    _, told = refusal_of(Told(tmp_path, [sample(n, 9 if n % 2 else 1) for n in range(10)]).batches())
    assert told.startswith(
        "5 of 10 masks of channel train_annotation cannot be used, first masks/1.png (line 2 of m), masks/3.png (line "
        "4 of m), masks/5.png (line 6 of m) and 2 more: each holds pixel value 9 in 64 pixels, but with num_classes 3"
    )


def test_where_no_names_are_known_records_are_numbered(tmp_path: Path) -> None:
    refusal = refusal_of(Told(tmp_path, [sample(0), sample(1, 9)], named=False).batches())
    assert refusal[1].startswith("record 3 of pass 0 of channel train holds pixel value 9 in 64 pixels")


def test_bad_samples_to_score_are_told_at_once_too(tmp_path: Path) -> None:
    stream = Told(tmp_path, [sample(0, 8), sample(1), sample(2, 9)]).stream
    with pytest.raises(BadPass, match=r"2 problems:\nmasks/0\.png .*\nmasks/2\.png "):
        list(evaluation_batches(stream, as_it_is, 2, 0))


def test_a_wish_to_stop_ends_the_reading_of_a_rest_that_is_only_checked(tmp_path: Path) -> None:
    stream = Told(tmp_path, [sample(0, 8), sample(1), sample(2)], asks_to_stop=True).stream
    with pytest.raises(InterruptedError):
        list(made_of_good(stream.read, stream.one_pass(), 0))


GOOD_AND_BAD = [sample(n, 9 if n in (1, 12) else 1) for n in range(21)]
GOOD = [n for n in range(21) if n not in (1, 12)]


def test_bad_samples_are_left_out_and_batches_are_full(tmp_path: Path) -> None:
    told = Told(tmp_path, GOOD_AND_BAD, passes=2, bad_samples="skip")
    batches = told.batches(size=4)
    assert [numbers(batches, epoch) for epoch in range(2)] == [
        [GOOD[start : start + 4] for start in (0, 4, 8, 12)],
        [[*GOOD[16:], GOOD[0]], *(GOOD[start : start + 4] for start in (1, 5, 9, 13))],
    ]
    assert told.warnings[0] == (
        "2 of 21 samples of channel train are left out, because bad_samples is skip: train/1.jpg (line 2 of m), "
        "train/12.jpg (line 13 of m)"
    )
    assert len(told.warnings) == 2  # and what is wrong with them, once for both passes


def test_a_job_that_goes_on_after_bad_samples_takes_up_the_next_good_one(tmp_path: Path) -> None:
    first = Told(tmp_path, GOOD_AND_BAD, bad_samples="skip").batches(size=4)
    epoch = first.epoch(0)
    for _ in range(3):
        next(epoch)
    kept: Mapping[str, np.ndarray] = first.left_over(3)
    assert kept["taken"].tolist() == [3, 14]  # 12 good ones and two bad ones
    again = Told(tmp_path, GOOD_AND_BAD, bad_samples="skip").batches(size=4)
    again.go_on_from(kept)
    assert numbers(again, 0, done=3) == [[14, 15, 16, 17]]


def test_more_than_a_tenth_of_a_pass_is_not_left_out(tmp_path: Path) -> None:
    told = Told(tmp_path, [sample(n, 9 if n < 2 else 1) for n in range(19)], bad_samples="skip")
    assert refusal_of(told.batches())[1] == (
        "channel train has 2 bad samples of 19, and bad_samples skip leaves out at most 10 % of a channel: mend what "
        "is told of them"
    )
    assert told.warnings == []


def test_samples_without_names_are_told_in_one_pass_alone(tmp_path: Path) -> None:
    samples = [sample(n, 9 if n == 3 else 1) for n in range(10)]
    told = Told(tmp_path, samples, passes=2, named=False, bad_samples="skip")
    batches = told.batches()
    assert [sum(map(len, numbers(batches, epoch))) for epoch in range(2)] == [8, 10]  # 9 of each pass
    assert len(told.warnings) == 2
    assert told.warnings[0].endswith(": record 6 of pass 0 of channel train")
