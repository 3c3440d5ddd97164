"""One sample a device is a warning where the decoder pools whole pictures."""

from __future__ import annotations

import pytest

from semseg.data.look.batch_norm import lonely_samples
from tests.data.looking import settings


@pytest.mark.parametrize("algorithm", ["psp", "deeplab"])
@pytest.mark.parametrize(("size", "devices"), [(1, 1), (2, 2), (3, 2), (7, 4)])
def test_one_sample_on_a_device_is_a_warning(algorithm: str, size: int, devices: int) -> None:
    finding = lonely_samples(settings(algorithm=algorithm, mini_batch_size=size), devices)
    assert finding is not None
    assert f"give each device at least 2 samples, mini_batch_size {2 * devices} or more" in finding.sentence


def test_the_sentence_names_the_algorithm_and_what_it_does() -> None:
    finding = lonely_samples(settings(algorithm="deeplab", mini_batch_size=3), 2)
    assert finding is not None
    assert (finding.level, finding.cause, finding.channel) == ("warned", "batch-of-one", "train")
    assert finding.sentence == (
        "mini_batch_size 3 on 2 devices gives a device one sample, but deeplab pools a whole picture to one value and "
        "normalises it over the batch, and with one sample that teaches nothing: give each device at least 2 samples, "
        "mini_batch_size 4 or more, or set syncbn to true"
    )


@pytest.mark.parametrize(
    ("algorithm", "size", "devices", "syncbn"),
    [("fcn", 1, 1, False), ("psp", 2, 1, False), ("deeplab", 8, 4, False), ("deeplab", 4, 4, True)],
)
def test_nothing_is_said_where_batch_norm_sees_more_than_one_value(
    algorithm: str, size: int, devices: int, syncbn: bool
) -> None:
    assert lonely_samples(settings(algorithm=algorithm, mini_batch_size=size, syncbn=syncbn), devices) is None


def test_the_parts_of_a_batch_count_and_one_that_is_yet_to_be_measured_does_not() -> None:
    assert lonely_samples(settings(algorithm="psp", mini_batch_size=4, accumulate=2), 1) is None
    assert lonely_samples(settings(algorithm="psp", mini_batch_size=4, accumulate=4), 1) is not None
    assert lonely_samples(settings(algorithm="psp", mini_batch_size="auto"), 1) is None
