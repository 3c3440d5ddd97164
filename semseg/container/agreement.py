"""The check that all processes of a job were given the same job."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from semseg.container.splits import Split
from semseg.contract.channels import REPLICATED
from semseg.contract.hyperparameters import Hyperparameters
from semseg.data.dataset import Dataset
from semseg.engines.group import Group, gathered
from semseg.errors import ChannelError, UserError


def check_agreement(hyperparameters: Hyperparameters, splits: Sequence[Split], group: Group) -> None:
    """Refuses processes with other hyperparameters, or other samples, than the first one has.

    Raises:
        UserError, ChannelError: in all processes, naming what differs and where.
    """
    different = _different(json.dumps(hyperparameters.to_strings(), sort_keys=True), group)
    if different:
        raise UserError(f"all {group.size} processes must have the same hyperparameters, got others in {different}")
    for split in splits:
        dataset = split.dataset
        names = [sample.name for sample in dataset.samples] if isinstance(dataset, Dataset) else []
        different = _different(json.dumps(names), group)
        if different:
            counts = gathered(len(names), group)
            raise ChannelError(
                f"channel {split.channel} must hold the same samples in all {group.size} processes, got "
                f"{_listed(counts)} of them, and others in {different}: give each machine the whole channel, "
                f'with distribution "{REPLICATED}"'
            )


def _different(text: str, group: Group) -> str:
    """Returns which processes have another text than the first, as "process 1, 3"; "" if none has."""
    digests = gathered(
        int.from_bytes(hashlib.sha256(text.encode("utf-8", "backslashreplace")).digest()[:7], "big"), group
    )
    ranks = [str(rank) for rank, digest in enumerate(digests) if digest != digests[0]]
    return f"process {', '.join(ranks)}" if ranks else ""


def _listed(counts: Sequence[int]) -> str:
    return ", ".join(str(count) for count in counts)
