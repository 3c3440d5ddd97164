"""Channels laid into a job directory, with what of them has to be downloaded."""

from __future__ import annotations

from collections.abc import Sequence

from semseg.aws.account import Account
from semseg.contract.job_directory import JobDirectory
from semseg.local.files.downloads import Downloads
from semseg.local.files.input_channels import InputChannel
from semseg.local.jobs.home import Home


def lay_channels(channels: Sequence[InputChannel], folder: JobDirectory, home: Home, account: Account) -> None:
    """Links the files of channels into a job directory, once those that lie in S3 are downloaded."""
    for channel in channels:
        channel.lay_into(folder)
        if channel.is_downloaded:
            stored = [file.stored for file in channel.files]
            channel.lay_downloads_into(folder, Downloads(home.downloads, account.objects).fetch(stored))
