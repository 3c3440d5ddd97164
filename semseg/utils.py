"""Small things that scripts take from the SageMaker Python SDK: names, times, tags, files of S3.

Nothing else in semseg imports them. Source of names and arguments: the SageMaker Python SDK v2, ``sagemaker.utils``.
"""

from __future__ import annotations

import re
import secrets
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timezone
from pathlib import Path
from typing import Any

from semseg.api.names import LONGEST, base_from_name, timestamp
from semseg.api.shapes import Request, Tags, tag_list
from semseg.aws.account import Account
from semseg.contract.s3_uri import S3Uri
from semseg.errors import PlatformError, UserError

__all__ = [
    "aws_partition",
    "base_from_name",
    "base_name_from_image",
    "build_dict",
    "create_tar_file",
    "download_file",
    "download_file_from_url",
    "download_folder",
    "format_tags",
    "name_from_base",
    "name_from_image",
    "retries",
    "sagemaker_short_timestamp",
    "sagemaker_timestamp",
    "secondary_training_status_changed",
    "secondary_training_status_message",
    "unique_name_from_base",
]

IMAGE = re.compile(r"(?:.+/)?([^:/]+)(?::[^:]+)?")
Transitions = Sequence[Mapping[str, Any]]


def name_from_image(image: str, max_length: int = LONGEST) -> str:
    """Returns a name for a job: the image's own and the time, as :func:`name_from_base`."""
    return name_from_base(base_name_from_image(image), max_length)


def name_from_base(base: str, max_length: int = LONGEST, short: bool = False) -> str:
    """Returns ``<base>-<time>``; the base is cut where the whole would be over ``max_length`` characters.

    Args:
        short: whether the time is :func:`sagemaker_short_timestamp`, which two names may share.
    """
    moment = sagemaker_short_timestamp() if short else timestamp()
    return f"{base[: max_length - len(moment) - 1]}-{moment}"


def unique_name_from_base(base: str, max_length: int = LONGEST) -> str:
    """Returns ``<base>-<seconds since 1970>-<4 random hexadecimal digits>``; the base is cut where it is too long."""
    end = f"{int(time.time())}-{secrets.token_hex(2)}"
    return f"{base[: max_length - len(end) - 1]}-{end}"


def base_name_from_image(image: str, default_base_name: str | None = None) -> str:
    """Returns the name of an image without its registry and its version; ``default_base_name`` has no meaning here."""
    found = IMAGE.fullmatch(image)
    return found[1] if found else image


def sagemaker_timestamp() -> str:
    """Returns the time as names have it, ``YYYY-MM-DD-HH-MM-SS-mmm`` (UTC)."""
    return timestamp()


def sagemaker_short_timestamp() -> str:
    """Returns the time of this machine as short names have it, ``YYMMDD-HHMM``."""
    return time.strftime("%y%m%d-%H%M")


def build_dict(key: str, value: Any) -> dict[str, Any]:
    """Returns ``{key: value}``, and an empty dictionary where the value is empty."""
    return {key: value} if value else {}


def format_tags(tags: Tags) -> list[dict[str, str]] | None:
    """Returns tags as the API has them, ``[{"Key": ..., "Value": ...}]``; None where there are none."""
    return tag_list(tags)


def secondary_training_status_changed(current: Request, previous: Request | None) -> bool:
    """Returns whether what a training job says of itself has changed between two descriptions.

    Args:
        current, previous: shaped as DescribeTrainingJob; there may be no previous one.
    """
    now, before = _transitions(current), _transitions(previous)
    return bool(now) and now[-1]["StatusMessage"] != (before[-1]["StatusMessage"] if before else "")


def secondary_training_status_message(description: Request | None, previous: Request | None) -> str:
    """Returns a line for each state that a training job has come to since an earlier description, with its time (UTC).

    Where there is no new state, the line of the latest one is given.
    """
    now, before = _transitions(description), _transitions(previous)
    if description is None or not now:
        return ""
    new = now[len(before) :] or now[-1:]
    moment = f"{description['LastModifiedTime'].astimezone(timezone.utc):%Y-%m-%d %H:%M:%S}"
    return "\n".join(f"{moment} {state['Status']} - {state['StatusMessage']}" for state in new)


def download_folder(bucket_name: str, prefix: str, target: str, sagemaker_session: Account) -> None:
    """Downloads an object, or all objects of a folder of S3, into the folder ``target``.

    Raises:
        ChannelError: a key is not the name of a file below it; nothing was downloaded then.
        UserError: S3 refuses it.
    """
    sagemaker_session.download_data(target, bucket_name, prefix.lstrip("/"))


def download_file(bucket_name: str, path: str, target: str, sagemaker_session: Account) -> None:
    """Downloads one object to the file ``target``.

    Raises:
        UserError: there is no such object, or S3 refuses it.
    """
    uri = S3Uri(bucket_name, path.lstrip("/"))
    found = sagemaker_session.objects.find(uri)
    if found is None:
        raise UserError(f"path must be the key of an object, and there is none at {uri}")
    sagemaker_session.objects.download([(found, Path(target))])


def download_file_from_url(url: str, dst: str, sagemaker_session: Account) -> None:
    """Downloads the object of an s3:// URI to the file ``dst``; see :func:`download_file`."""
    uri = S3Uri.parse("url", url)
    download_file(uri.bucket, uri.key, dst, sagemaker_session)


def create_tar_file(source_files: Iterable[str], target: str | None = None) -> str:
    """Writes files, and folders with what is in them, into a .tar.gz under their own last names; returns its path.

    Args:
        target: None means a new temporary file. Links are replaced by what they lead to.
    """
    if target is None:
        with tempfile.NamedTemporaryFile(delete=False) as file:
            target = file.name
    with tarfile.open(target, "w:gz", dereference=True) as archive:
        for source in source_files:
            archive.add(source, Path(source).name)
    return target


def aws_partition(region: str) -> str:
    """Returns the partition of a region: "aws", "aws-cn", "aws-us-gov", ..."""
    return str(Account().boto_session.get_partition_for_region(region))


def retries(max_retry_count: int, exception_message_prefix: str, seconds_to_sleep: float = 1) -> Iterator[int]:
    """Yields 0, 1, 2, ..., with a wait after each.

    Raises:
        PlatformError: the last one was used up.
    """
    for attempt in range(max_retry_count):
        yield attempt
        time.sleep(seconds_to_sleep)
    raise PlatformError(f"{exception_message_prefix!r} has reached the maximum retry count of {max_retry_count}")


def _transitions(description: Request | None) -> Transitions:
    transitions: Transitions | None = (description or {}).get("SecondaryStatusTransitions")
    return transitions or []
