"""The channels of a request, looked up on this machine and laid into a job's directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semseg.contract.channels import LABEL_MAP, MODEL
from semseg.contract.job_directory import JobDirectory
from semseg.errors import ChannelError
from semseg.local.locations import local_path

MODEL_FILE = "model.tar.gz"

# What a channel can be told in SageMaker, and the one value that holds here; None: it must be left out.
ONLY_VALUE: Mapping[str, str | None] = {
    "S3DataType": "S3Prefix",
    "S3DataDistributionType": "FullyReplicated",
    "AttributeNames": None,
    "InstanceGroupNames": None,
    "TargetAttributeName": None,
    "CompressionType": "None",
    "RecordWrapperType": "None",
    "InputMode": "File",
}


@dataclass(frozen=True)
class LocalChannel:
    """A channel and the existing file or folder that it names; ``path`` is absolute."""

    name: str
    path: Path
    content_type: str | None

    def lay_into(self, job: JobDirectory) -> None:
        """Link the folder into the job's directory, or make a folder there with a link to the one file."""
        target = job.channel(self.name)
        if self.path.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(self.path, target_is_directory=True)
            return
        target.mkdir(parents=True)
        file_name = MODEL_FILE if self.name == MODEL else self.path.name
        (target / file_name).symlink_to(self.path)

    def configuration(self) -> dict[str, str]:
        """The channel's entry in inputdataconfig.json."""
        entry = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
        return entry if self.content_type is None else {"ContentType": self.content_type, **entry}


def local_channels(input_data_config: Sequence[Mapping[str, Any]]) -> list[LocalChannel]:
    """The channels of a request's InputDataConfig.

    Raises:
        ChannelError: nothing lies at a channel's location, or a setting of it has no meaning on this machine.
        UserError: a location is not on this machine.
    """
    return [_local_channel(channel) for channel in input_data_config]


def _local_channel(channel: Mapping[str, Any]) -> LocalChannel:
    name = channel["ChannelName"]
    source = channel["DataSource"]["S3DataSource"]
    for setting, value in {**source, **channel}.items():
        if setting in ONLY_VALUE and value not in (None, ONLY_VALUE[setting]):
            rule = ONLY_VALUE[setting] or "left out"
            raise ChannelError(f"{setting} of channel {name!r} must be {rule} on this machine, got {value!r}")
    path = local_path(f"channel {name!r}", source["S3Uri"])
    _check_path(name, path)
    return LocalChannel(name, path, channel.get("ContentType"))


def _check_path(name: str, path: Path) -> None:
    if not path.exists():
        raise ChannelError(f"channel {name!r} must name a folder that exists, got {str(path)!r}")
    if not path.is_dir() and name not in (LABEL_MAP, MODEL):
        raise ChannelError(f"channel {name!r} must name a folder, got the file {str(path)!r}: give the folder it is in")
    if name == LABEL_MAP and path.is_file() and path.suffix != ".json":
        raise ChannelError(f"channel {name!r} must name a folder or a .json file, got {str(path)!r}")
