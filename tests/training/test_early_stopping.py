from __future__ import annotations

from semseg.training.early_stopping import EarlyStopping


def epochs_until_due(scores: list[float], min_epochs: int = 0, patience: int = 2, tolerance: float = 0.0) -> int | None:
    stopping = EarlyStopping(min_epochs, patience, tolerance)
    for epoch, score in enumerate(scores, start=1):
        stopping.add(score)
        if stopping.is_due():
            return epoch
    return None


def test_it_stops_after_patience_epochs_in_a_row_without_improvement() -> None:
    assert epochs_until_due([0.5, 0.4, 0.5]) == 3


def test_an_improvement_starts_the_count_again() -> None:
    assert epochs_until_due([0.5, 0.4, 0.6, 0.5]) is None


def test_it_never_stops_before_the_least_number_of_epochs() -> None:
    assert epochs_until_due([0.5, 0.4, 0.3, 0.2, 0.1], min_epochs=5) == 5


def test_a_gain_within_the_relative_tolerance_is_no_improvement() -> None:
    # 0.5 * 1.1 = 0.55: 0.54 does not exceed it, 0.56 does
    assert epochs_until_due([0.5, 0.54, 0.54], tolerance=0.1) == 3
    assert epochs_until_due([0.5, 0.54, 0.56], tolerance=0.1) is None


def test_a_job_without_an_epoch_is_never_due() -> None:
    assert not EarlyStopping(min_epochs=0, patience=1, tolerance=0.0).is_due()


def test_patience_0_stops_at_the_first_epoch_that_does_not_improve_not_at_one_that_does() -> None:
    assert epochs_until_due([0.1, 0.2, 0.2], patience=0) == 3
