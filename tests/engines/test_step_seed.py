from __future__ import annotations

from semseg.engines.engine import step_seed


def test_each_step_of_each_process_has_a_seed_of_its_own_that_every_engine_can_take() -> None:
    seeds = [
        step_seed(seed, epoch, step, rank)
        for seed in (0, 1, 2**31 - 1)
        for epoch in range(5)
        for step in range(5)
        for rank in range(3)
    ]
    assert len(set(seeds)) == 225
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert step_seed(0, 3, 4) == step_seed(0, 3, 4, rank=0)
