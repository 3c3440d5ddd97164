from __future__ import annotations

import pytest

from semseg.contract.hyperparameters import MEASURED
from semseg.contract.processes import check_batch, check_processor
from semseg.errors import UserError


def test_a_batch_has_a_sample_for_each_process() -> None:
    check_batch(1, 1)
    check_batch(3, 3)
    check_batch(3, MEASURED)  # nobody knows yet
    with pytest.raises(UserError) as caught:
        check_batch(4, 3)
    assert str(caught.value) == (
        "mini_batch_size must be at least the number of processes, 4, got 3: each takes its share of the batch; raise "
        "it, or train with fewer processes"
    )


@pytest.mark.parametrize(("cores", "most"), [(1, 4), (2, 4), (4, 4), (16, 16)])
def test_a_processor_takes_a_process_for_each_core_and_four_in_any_case(cores: int, most: int) -> None:
    check_processor(most, cores)
    with pytest.raises(UserError) as caught:
        check_processor(most + 1, cores)
    assert str(caught.value) == (
        f'instance_count must be at most {most} with instance_type "local", which is the number of this machine\'s '
        f"cores, or 4 where it has fewer, got {most + 1}: each is a process that holds the network"
    )
