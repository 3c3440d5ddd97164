from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from semseg.container.agreement import check_agreement
from semseg.container.splits import Split
from semseg.contract.hyperparameters import Hyperparameters
from semseg.data.dataset import Dataset
from semseg.data.labels.label_map import LabelMap
from semseg.data.samples import Sample
from semseg.engines.group import Group
from semseg.errors import ChannelError, UserError
from tests.engines.group_of_threads import in_threads


def split_of(names: Sequence[str]) -> Split:
    samples = [Sample(Path(f"{name}.jpg"), Path(f"{name}.png"), name) for name in names]
    return Split("train", Dataset(samples, LabelMap.identity(), 2, "train"))


def agreement(names: Sequence[Sequence[str]], rates: Sequence[float]) -> list[str]:
    """What each process says of these samples and learning rates, one for each process."""

    def check(group: Group) -> None:
        given = {"num_classes": "2", "num_training_samples": "2", "learning_rate": str(rates[group.rank])}
        check_agreement(Hyperparameters.from_strings(given), [split_of(names[group.rank])], group)

    return [f"{type(said).__name__}: {said}" for said in in_threads(len(names), check)]


def test_processes_with_the_same_job_agree() -> None:
    assert agreement([["a", "b"]] * 3, [0.1] * 3) == ["NoneType: None"] * 3


def test_other_hyperparameters_are_refused_in_all_processes() -> None:
    sentence = "all 3 processes must have the same hyperparameters, got others in process 2"
    assert agreement([["a", "b"]] * 3, [0.1, 0.1, 0.2]) == [f"{UserError.__name__}: {sentence}"] * 3


def test_a_part_of_a_channel_for_each_machine_is_refused_in_all_processes() -> None:
    sentence = (
        "channel train must hold the same samples in all 3 processes, got 2, 2, 1 of them, and others in process 1, 2: "
        'give each machine the whole channel, with distribution "FullyReplicated"'
    )
    assert agreement([["a", "b"], ["b", "c"], ["d"]], [0.1] * 3) == [f"{ChannelError.__name__}: {sentence}"] * 3
