from __future__ import annotations

import time

from semseg.training.meters import LossMean, Meter


def test_a_meter_counts_batches_and_the_samples_of_a_second() -> None:
    before = time.perf_counter()
    meter = Meter(epoch=3)
    begun = time.perf_counter()
    meter.add(8)
    meter.add(4)
    time.sleep(0.01)  # so that no quotient is one by zero
    shortest = time.perf_counter() - begun
    pace = meter.pace()
    longest = time.perf_counter() - before
    assert (pace.epoch, pace.batches) == (3, 2)
    assert 12 / longest <= pace.samples_per_second <= 12 / shortest


def test_a_meter_that_has_counted_nothing_has_no_speed() -> None:
    pace = Meter(epoch=0).pace()
    assert (pace.batches, pace.samples_per_second) == (0, 0.0)


def test_the_mean_loss_counts_each_loss_by_its_batches() -> None:
    mean = LossMean()
    assert mean.mean() == 0.0
    mean.add(2.0, batches=1)
    assert mean.mean() == 2.0
    mean.add(5.0, batches=4)  # the mean of batches 2 to 4
    assert mean.mean() == (2.0 + 3 * 5.0) / 4
