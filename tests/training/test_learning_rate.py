from __future__ import annotations

import pytest

from semseg.training.learning_rate import LearningRate


def rates(scheduler: str, drops: tuple[int, ...] = ()) -> LearningRate:
    return LearningRate(0.1, scheduler, iterations_per_epoch=5, epochs=2, drops=drops)


def test_poly_falls_with_the_power_of_nine_tenths_to_zero_at_the_last_iteration() -> None:
    poly = rates("poly")  # N = 5 * 2 - 1 = 9
    assert poly.at(0) == 0.1
    assert poly.at(3) == pytest.approx(0.1 * (6 / 9) ** 0.9)
    assert poly.at(9) == 0.0


def test_cosine_is_half_way_down_in_the_middle() -> None:
    cosine = LearningRate(0.1, "cosine", iterations_per_epoch=3, epochs=3)  # N = 8
    assert cosine.at(0) == pytest.approx(0.1)
    assert cosine.at(4) == pytest.approx(0.05)
    assert cosine.at(8) == pytest.approx(0.0, abs=1e-12)


def test_step_multiplies_by_the_factor_after_each_listed_epoch() -> None:
    step = LearningRate(0.1, "step", iterations_per_epoch=5, epochs=4, factor=0.5, drops=(1, 3))
    assert [step.at(iteration) for iteration in (0, 4, 5, 14, 15, 19)] == pytest.approx(
        [0.1, 0.1, 0.05, 0.05, 0.025, 0.025]
    )


def test_step_drops_to_a_tenth_unless_another_factor_is_given() -> None:
    assert rates("step", drops=(1,)).at(5) == pytest.approx(0.01)


def test_a_warm_up_rises_from_zero_and_the_schedule_falls_over_the_rest() -> None:
    # 5 iterations of warm-up, of which the last has the whole rate as the next one has; N = 10 - 5 - 1
    poly = LearningRate(0.1, "poly", iterations_per_epoch=5, epochs=2, warmup_epochs=1.0)
    assert [poly.at(iteration) for iteration in range(5)] == pytest.approx([0, 0.025, 0.05, 0.075, 0.1])
    assert poly.at(5) == 0.1
    assert poly.at(7) == pytest.approx(0.1 * (1 - 2 / 4) ** 0.9)
    assert poly.at(9) == 0.0


def test_a_part_of_an_epoch_is_rounded_to_iterations_and_leaves_the_last_one() -> None:
    assert LearningRate(0.1, "poly", 5, 2, warmup_epochs=0.5).warmup == 2
    assert LearningRate(0.1, "poly", 5, 2, warmup_epochs=1.99).warmup == 9
    assert LearningRate(0.1, "poly", 5, 2, warmup_epochs=0.01).warmup == 0


def test_drops_are_counted_from_the_beginning_of_the_job() -> None:
    step = LearningRate(0.1, "step", iterations_per_epoch=5, epochs=4, drops=(2,), warmup_epochs=1.0)
    assert [step.at(iteration) for iteration in (0, 9, 10)] == pytest.approx([0, 0.1, 0.01])


@pytest.mark.engine
@pytest.mark.parametrize("scheduler", ["poly", "cosine"])
def test_a_warm_up_has_the_rates_of_gluoncvs_sequence(scheduler: str) -> None:
    import semseg.engines.gluon.runtime  # noqa: F401 it makes MXNet importable
    from gluoncv.utils.lr_scheduler import LRScheduler, LRSequential  # isort: skip

    warm_up = LRScheduler("linear", base_lr=0, target_lr=0.1, nepochs=2, iters_per_epoch=7)
    rest = LRScheduler(scheduler, base_lr=0.1, nepochs=3, iters_per_epoch=7, power=0.9)
    theirs, ours = LRSequential([warm_up, rest]), LearningRate(0.1, scheduler, 7, 5, warmup_epochs=2.0)
    assert [ours.at(iteration) for iteration in range(35)] == pytest.approx([theirs(i) for i in range(35)])


@pytest.mark.parametrize("scheduler", ["poly", "cosine", "step"])
def test_iterations_beyond_the_last_keep_the_last_rate(scheduler: str) -> None:
    schedule = rates(scheduler, drops=(1,))
    assert schedule.at(10) == schedule.at(9)


@pytest.mark.parametrize("scheduler", ["poly", "cosine"])
def test_a_job_of_a_single_iteration_uses_the_initial_rate(scheduler: str) -> None:
    assert LearningRate(0.1, scheduler, iterations_per_epoch=1, epochs=1).at(0) == 0.1


def test_poly_gives_the_rate_that_the_built_in_algorithm_logged() -> None:
    # 1464 // 16 = 91 iterations, 30 epochs, rate 0.0001, at iteration 20: logged as 0.000099
    assert f"{LearningRate(0.0001, 'poly', 91, 30).at(20):.6f}" == "0.000099"
