"""The channels of a request, looked up on this machine and in S3, and laid into a job's directory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from semseg.aws.account import Account
from semseg.contract.channels import (
    FAST_FILE,
    FILE,
    HALVES,
    LABEL_MAP,
    MANIFEST,
    MODEL,
    MODES,
    PIPE,
    check_data_config,
    mode_of,
)
from semseg.contract.colour_maps import disagreements
from semseg.contract.echoed import echoed
from semseg.contract.job_directory import MODEL_ARCHIVE, JobDirectory
from semseg.contract.pairing import IMAGE_SUFFIXES, Place, is_hidden, name_of, pair_paths, written_suffixes
from semseg.contract.problems import raise_refused
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.errors import ChannelError
from semseg.local.files.channel_files import Content, StoredFile, link, stored_files, visible_files
from semseg.local.files.locations import local_path
from semseg.local.files.manifests import ManifestChannel, read_manifest
from semseg.plumbing.regular_file import REGULAR, kind_of

# What a channel can be told in SageMaker, and what holds here; None: it may be left out.
ALLOWED: Mapping[str, tuple[str | None, ...]] = {
    "S3DataType": ("S3Prefix", MANIFEST),
    "S3DataDistributionType": (None, "FullyReplicated"),
    "InstanceGroupNames": (None,),
    "TargetAttributeName": (None,),
    "HubAccessConfig": (None,),
    "ModelAccessConfig": (None,),
    "CompressionType": (None, "None"),
    "RecordWrapperType": (None, "None", "RecordIO"),
    "InputMode": (None, *MODES),
}


@dataclass(frozen=True)
class InputChannel:
    """A channel and what lies there.

    Attributes:
        mode: "File", "FastFile" or "Pipe".
        location: as in the request, a path made absolute.
        path: the file or folder where it is on this machine, absolute; None where it is in S3.
        files: the objects of a channel in S3; none for a manifest.
        samples: in Pipe mode what is streamed, each record of a sample in its order; empty in the other modes.
        manifest: what an augmented manifest names; None of a folder.
        seed: of the order in Pipe mode; None keeps the order of ``samples``.
    """

    name: str
    mode: str
    location: str
    path: Path | None
    files: Sequence[StoredFile]
    samples: Sequence[tuple[Content, ...]]
    seed: int | None
    content_type: str | None
    wrapper: str
    manifest: ManifestChannel | None = None

    @property
    def is_downloaded(self) -> bool:
        return self.mode == FILE and self.path is None

    def lay_into(self, job: JobDirectory) -> None:
        """Links a folder of this machine into the job's directory, or makes a folder there with a link to the file.

        What is streamed or in S3 has nothing to link.
        """
        if self.path is None or self.mode != FILE:
            return
        target = job.channel(self.name)
        if self.path.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(self.path, target_is_directory=True)
            return
        target.mkdir(parents=True)
        (target / self._file_name(self.path.name)).symlink_to(self.path)

    def lay_downloads_into(self, job: JobDirectory, downloads: Iterable[Path]) -> None:
        """Links the downloads of ``files``, in their order, into the job's directory."""
        for file, download in zip(self.files, downloads):
            link(download, job.channel(self.name) / self._file_name(file.name))

    def shown_samples(self) -> Iterator[tuple[str, ...]]:
        """Yields what sentences call the parts of each streamed sample."""
        if self.manifest is not None:
            yield from self.manifest.shown()
            return
        for (content,) in self.samples:
            if isinstance(content, Path):
                below = content.relative_to(self.location).as_posix()
            else:
                below = content.relative_to(S3Uri.parse(self.name, self.location)).as_posix()
            yield (f"{self.name}/{below}",)

    def configuration(self) -> dict[str, str]:
        """Returns the channel's entry in inputdataconfig.json."""
        entry = {
            "TrainingInputMode": self.mode,
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": self.wrapper,
        }
        if self.mode == FAST_FILE:
            entry["S3Uri"] = self.location
        return entry if self.content_type is None else {"ContentType": self.content_type, **entry}

    def _file_name(self, name: str) -> str:
        is_one_file = self.path is not None or (len(self.files) == 1 and self.location.endswith(name))
        return MODEL_ARCHIVE if self.name == MODEL and is_one_file else name


def input_channels(
    input_data_config: Sequence[Mapping[str, Any]], account: Account, input_mode: str = FILE
) -> list[InputChannel]:
    """Returns the channels of a request's InputDataConfig; what is in S3 is listed, and manifests are read.

    Args:
        input_mode: that of channels which give none, the request's TrainingInputMode.

    Raises:
        ChannelError: nothing lies at a channel's location, its files have no partners, or a setting of it has no
            meaning on this machine.
        UserError: a location is neither on this machine nor in S3, or must not be read.
    """
    for channel in input_data_config:
        _check_settings(channel)
    check_data_config(input_data_config, input_mode)
    channels = [_input_channel(channel, account, mode_of(channel, input_mode)) for channel in input_data_config]
    _check_manifests(channels)
    for images, masks in HALVES:
        found = {channel.name: channel for channel in channels if channel.mode == PIPE}
        if images in found and masks in found:
            _check_pairs(found[images], found[masks])
    return channels


def file_channels(input_data_config: Sequence[Mapping[str, Any]], account: Account) -> list[InputChannel]:
    """Returns channels of a request as files, however its job read them, and without asking which others there are.

    Raises:
        ChannelError, UserError: as :func:`input_channels`; also for a manifest, which names files in many places.
    """
    channels = []
    for channel in input_data_config:
        source = channel["DataSource"].get("S3DataSource", {})
        if source.get("S3DataType") == MANIFEST:
            raise ChannelError(
                f"channel {channel['ChannelName']!r} must be a folder here, got an augmented manifest: give a folder "
                f"of such pictures"
            )
        _check_settings(channel)
        as_file = {name: value for name, value in channel.items() if name != "ShuffleConfig"}
        channels.append(_input_channel(as_file, account, FILE))
    return channels


def _check_settings(channel: Mapping[str, Any]) -> None:
    name, source = channel["ChannelName"], channel["DataSource"].get("S3DataSource")
    if source is None:
        raise ChannelError(f"channel {name!r} must be in a folder or in S3, got {', '.join(channel['DataSource'])}")
    for setting, value in {**source, **channel}.items():
        if setting in ALLOWED and value not in ALLOWED[setting]:
            rule = " or ".join(allowed or "left out" for allowed in ALLOWED[setting])
            raise ChannelError(f"{setting} of channel {name!r} must be {rule} on this machine, got {echoed(value)}")
    if source.get("AttributeNames") and source.get("S3DataType") != MANIFEST:
        raise ChannelError(
            f"AttributeNames of channel {name!r} must be left out unless S3DataType is {MANIFEST}, "
            f"got {echoed(source['AttributeNames'])}"
        )


def _input_channel(channel: Mapping[str, Any], account: Account, mode: str) -> InputChannel:
    name, source = channel["ChannelName"], channel["DataSource"]["S3DataSource"]
    location = source["S3Uri"]
    seed = _seed(name, mode, channel.get("ShuffleConfig"))
    path = None if is_s3(location) else local_path(f"channel {name!r}", location)
    samples: Sequence[tuple[Content, ...]] = ()
    files: Sequence[StoredFile] = ()
    manifest = None
    if source.get("S3DataType") == MANIFEST:
        manifest = read_manifest(channel, path, account)
        samples = manifest.samples
    elif path is None:
        files = _stored(name, location, account)
    else:
        _check_path(name, path)
    if mode == PIPE and manifest is None:
        samples = _folder_samples(name, path, files)
    if mode == FAST_FILE and path is not None:
        mode = FILE  # a link to the folder is as fast
    wrapper = channel.get("RecordWrapperType") or "None"
    shown = location if path is None else str(path)
    return InputChannel(name, mode, shown, path, files, samples, seed, channel.get("ContentType"), wrapper, manifest)


def _check_manifests(channels: Sequence[InputChannel]) -> None:
    found = [finding for channel in channels if channel.manifest for finding in channel.manifest.findings]
    raise_refused(list({finding.sentence: finding for finding in found}.values()))  # one manifest may be two channels


def warnings_of(channels: Sequence[InputChannel]) -> list[str]:
    """Returns what is to be known of channels that can be used: colour maps of manifests that disagree."""
    manifests = {channel.name: channel.manifest for channel in channels if channel.manifest is not None}
    if not manifests:
        return []
    maps = [manifest.colours for manifest in manifests.values()]
    return [finding.sentence for finding in disagreements(maps, next(iter(manifests)))]


def _seed(name: str, mode: str, shuffle: Mapping[str, Any] | None) -> int | None:
    if shuffle is None:
        return None
    if mode != PIPE:
        raise ChannelError(
            f"ShuffleConfig of channel {name!r} must be left out unless its input mode is Pipe, got input mode {mode}: "
            f"there the hyperparameter seed sets the order"
        )
    seed = shuffle.get("Seed")
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise ChannelError(
            f"the Seed in ShuffleConfig of channel {name!r} must be a whole number from 0, got {echoed(seed)}"
        )
    return seed


def _stored(name: str, location: str, account: Account) -> list[StoredFile]:
    noun = f"channel {name!r}"
    uri = S3Uri.parse(noun, location)
    files = stored_files(uri, account.objects.list_channel(uri, noun), noun)
    is_one_object = len(files) == 1 and files[0].stored.uri == uri
    if is_one_object and name not in (LABEL_MAP, MODEL):
        raise ChannelError(f"{noun} must name a folder, got the object {echoed(location)}: give the folder it is in")
    if is_one_object and name == LABEL_MAP and not uri.key.endswith(".json"):
        raise ChannelError(f"{noun} must name a folder or a .json object, got {echoed(location)}")
    return files


def _folder_samples(name: str, path: Path | None, files: Sequence[StoredFile]) -> list[tuple[Content, ...]]:
    """Returns a record for each picture, in the order that a job in File mode has: by name without suffix."""
    found: list[tuple[str, Content]] = [(file.name, file.stored.uri) for file in files if not is_hidden(file.name)]
    if path is not None:
        found = list(visible_files(path))
    if not found:
        raise ChannelError(f"channel {name!r} must have a picture to stream, got none")
    for file_name, content in found:
        if PurePosixPath(file_name).suffix.lower() not in IMAGE_SUFFIXES:
            raise ChannelError(
                f"channel {name!r} must have {written_suffixes(IMAGE_SUFFIXES)} files alone in Pipe mode, "
                f"got {echoed(str(content))}"
            )
    return [(content,) for _, content in sorted(found, key=lambda entry: name_of(entry[0]))]


def _check_pairs(images: InputChannel, masks: InputChannel) -> None:
    if images.seed != masks.seed:
        raise ChannelError(
            f"channels {images.name} and {masks.name} must have the same ShuffleConfig, or images would come with "
            f"the masks of others, got the seeds {images.seed} and {masks.seed}"
        )
    raise_refused(pair_paths(_place(images), _place(masks), images.name).findings)


def _place(channel: InputChannel) -> Place:
    paths = [file.name for file in channel.files]
    if channel.path is not None:
        paths = [name for name, _ in visible_files(channel.path)]
    return Place(channel.location, paths)


def _check_path(name: str, path: Path) -> None:
    if not path.exists():
        raise ChannelError(f"channel {name!r} must name a folder that exists, got {echoed(str(path))}")
    kind = kind_of(path.stat().st_mode)
    if not path.is_dir() and kind != REGULAR:
        raise ChannelError(f"channel {name!r} must name a folder, got {kind}, {str(path)!r}")
    if not path.is_dir() and name not in (LABEL_MAP, MODEL):
        raise ChannelError(f"channel {name!r} must name a folder, got the file {str(path)!r}: give the folder it is in")
    if name == LABEL_MAP and path.is_file() and path.suffix != ".json":
        raise ChannelError(f"channel {name!r} must name a folder or a .json file, got {echoed(str(path))}")
