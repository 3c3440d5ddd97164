from __future__ import annotations

import pytest

from semseg.errors import UserError
from semseg.serving.limits import Limits


def test_the_defaults() -> None:
    limits = Limits.from_environment({})
    assert limits == Limits(
        max_body_bytes=26_214_400,
        max_pixels=50_000_000,
        max_side=16_384,
        drain_seconds=25,
        max_queue=64,
        deadline_seconds=60,
        max_batch=4,
        batch_milliseconds=2,
        engine_processes=1,
        engine_threads=None,
    )


def test_each_limit_has_its_variable() -> None:
    environment = {
        "SEMSEG_MAX_BODY_BYTES": "1",
        "SEMSEG_MAX_PIXELS": "2",
        "SEMSEG_MAX_SIDE": "3",
        "SEMSEG_DRAIN_SECONDS": "4",
        "SEMSEG_MAX_QUEUE": "5",
        "SEMSEG_DEADLINE_SECONDS": "6",
        "SEMSEG_MAX_BATCH": "7",
        "SEMSEG_BATCH_MILLISECONDS": "8",
        "SEMSEG_ENGINE_PROCESSES": "9",
        "SEMSEG_ENGINE_THREADS": "10",
    }
    assert Limits.from_environment(environment) == Limits(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)


def test_pictures_need_not_wait_for_company() -> None:
    assert Limits.from_environment({"SEMSEG_BATCH_MILLISECONDS": "0"}).batch_milliseconds == 0


def test_a_batch_larger_than_the_wire_carries_is_refused() -> None:
    with pytest.raises(UserError) as refusal:
        Limits.from_environment({"SEMSEG_MAX_BATCH": "33"})
    assert str(refusal.value) == (
        "The environment variable SEMSEG_MAX_BATCH must be a whole number from 1 to 32, got '33'"
    )


@pytest.mark.parametrize(
    ("limits", "cores", "threads"),
    [
        (Limits(), 8, 8),
        (Limits(engine_processes=3), 8, 2),
        (Limits(engine_processes=4), 2, 1),
        (Limits(engine_threads=5), 2, 5),
    ],
)
def test_engine_processes_share_the_cores_unless_they_are_told_otherwise(
    limits: Limits, cores: int, threads: int
) -> None:
    assert limits.threads_of_an_engine(cores) == threads


@pytest.mark.parametrize("text", ["", "0", "-1", "2.5", "25 MB", "²", "9" * 5000])
def test_a_limit_that_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(UserError) as refusal:
        Limits.from_environment({"SEMSEG_MAX_PIXELS": text})
    shown = repr(text) if len(text) < 100 else f"'{'9' * 77}...{'9' * 38}'"
    sentence = f"The environment variable SEMSEG_MAX_PIXELS must be a whole number of at least 1, got {shown}"
    assert str(refusal.value) == sentence
