"""The room that a training job takes on disks, known before it begins.

Everything is counted in sets of parameters, each a float32 number of 4 bytes. The counts are those of the layers of
GluonCV's networks on ResNet v1s, which ``engines/pytorch/network.py`` names one by one; both engines write the same.

While it trains, a job keeps three checkpoints at most, two whole ones and the one that is being written, beside its
best parameters, of which the checkpoints have second names and no copies; a fourth one may be on its way to another
place. At its end a job keeps two, beside the best and the last parameters, and the archive of these. In another folder
of this machine a checkpoint is a copy, its best parameters included. An exported form is made of a graph with all
parameters, and is as large itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from semseg.aws.account import Account
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.s3_uri import is_s3
from semseg.errors import HyperparameterError
from semseg.local.files.downloads import Downloads
from semseg.local.files.input_channels import InputChannel
from semseg.local.jobs.home import Home
from semseg.local.training.checkpoints import checkpoint_location
from semseg.local.training.results import results_location
from semseg.plumbing.disk_need import DiskNeed, check_room

NUMBER = 4  # bytes of a float32
# Numbers of an encoder, running statistics of batch norm included.
ENCODERS = {"resnet-50": 23_685_312, "resnet-101": 42_729_664}
# Numbers of a head, and those that each class adds.
HEADS = {"fcn": (9_439_232, 513), "psp": (23_078_912, 513), "deeplab": (16_129_024, 257)}
AUXILIARY_HEAD = (2_360_320, 257)
# Numbers that an optimizer remembers of each parameter, in either engine.
REMEMBERED = {"sgd": 1, "nag": 1, "adagrad": 1, "adam": 2, "adamw": 2, "rmsprop": 3}
MOST_CHECKPOINTS, KEPT_CHECKPOINTS = 3, 2


@dataclass(frozen=True)
class JobSizes:
    """The bytes of the files of a job; names and heads of arrays, some 100 kB a file, are left out."""

    parameters: int
    checkpoint: int  # parameters, their moving average if there is one, and what the optimizer remembers
    exported: int  # a form, where the job makes one

    @classmethod
    def of(cls, hyperparameters: Hyperparameters) -> JobSizes:
        """Returns the sizes of a job with these hyperparameters."""
        size = parameter_count(hyperparameters) * NUMBER
        kept = 1 + REMEMBERED[hyperparameters.optimizer] + (hyperparameters.ema_decay > 0)
        return cls(size, kept * size, size if hyperparameters.exported_form else 0)


def parameter_count(hyperparameters: Hyperparameters) -> int:
    """Returns how many numbers the network of a job has."""
    heads = [HEADS[hyperparameters.algorithm], *([AUXILIARY_HEAD] if hyperparameters.aux_loss else [])]
    of_heads = sum(fixed + of_class * hyperparameters.num_classes for fixed, of_class in heads)
    return ENCODERS[hyperparameters.backbone] + of_heads


def check_disks(
    request: Mapping[str, Any], channels: Sequence[InputChannel], home: Home, account: Account, kept: int = 0
) -> list[str]:
    """Compares what a job will write with what is free, before it begins.

    Args:
        request: shaped as CreateTrainingJob, with locations made absolute.
        channels: of the job.
        kept: bytes of checkpoints that a job which is resumed has in its folder already.

    Returns:
        A sentence for each file system on which it fits barely.

    Raises:
        UserError: it does not fit.
    """
    try:
        sizes = JobSizes.of(Hyperparameters.from_strings(request["HyperParameters"]))
    except HyperparameterError:  # the job itself says why
        return []
    noun = f"training job {request['TrainingJobName']!r}"
    downloads = DiskNeed(home.downloads, _missing_bytes(channels, home, account), "downloads")
    moments = [while_training(request, sizes, home), at_the_end(request, sizes, home)]
    warnings: list[str] = []
    for needs in sorted(moments, key=lambda needs: -sum(need.size for need in needs)):
        of_job = replace(needs[0], size=max(0, needs[0].size - kept))  # its checkpoints are the first that it needs
        warnings = warnings or check_room([downloads, of_job, *needs[1:]], noun)
    return warnings


def kept_bytes(folder: Path) -> int:
    """Returns the bytes of all files below a folder, which need not be there."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


def while_training(request: Mapping[str, Any], sizes: JobSizes, home: Home) -> list[DiskNeed]:
    """Returns what a job needs at most before its last epoch ends."""
    return [
        *_checkpoints(request, MOST_CHECKPOINTS, sizes, home),
        DiskNeed(home.jobs, sizes.parameters, "best parameters"),
    ]


def at_the_end(request: Mapping[str, Any], sizes: JobSizes, home: Home) -> list[DiskNeed]:
    """Returns what a job needs while its results are packed."""
    model = 2 * sizes.parameters + sizes.exported
    results = results_location(request)
    archive = home.jobs if is_s3(results) else Path(results)
    return [
        *_checkpoints(request, KEPT_CHECKPOINTS, sizes, home),
        DiskNeed(home.jobs, model + sizes.exported, "model"),
        DiskNeed(archive, model, "archive"),
    ]


def _checkpoints(request: Mapping[str, Any], count: int, sizes: JobSizes, home: Home) -> list[DiskNeed]:
    """Returns the needs of so many checkpoints in the job's folder, and of those in another folder of this machine."""
    location = checkpoint_location(request)
    here = count + (location is not None)  # one more is held while it is on its way
    needs = [DiskNeed(home.jobs, here * sizes.checkpoint, "checkpoints")]
    if location is not None and not is_s3(location):
        needs.append(DiskNeed(Path(location), count * (sizes.checkpoint + sizes.parameters), "copies of checkpoints"))
    return needs


def _missing_bytes(channels: Sequence[InputChannel], home: Home, account: Account) -> int:
    wanted = [file.stored for channel in channels if channel.is_downloaded for file in channel.files]
    return sum(stored.size for stored in Downloads(home.downloads, account.objects).missing(wanted)) if wanted else 0
