"""What people give as their data becomes the channels of a job: one folder that holds them, or a place for each."""

from __future__ import annotations

from collections.abc import Mapping

from semseg.aws.account import Account
from semseg.channel_folders import channels_in
from semseg.contract.channels import KNOWN, REQUIRED
from semseg.errors import ChannelError


def channels_of(folder: str | None, given: Mapping[str, str | None], account: Account) -> dict[str, str]:
    """Returns the place of each channel of a job.

    Args:
        folder: a path or URI of a folder that holds folders with the names of channels; None for none.
        given: places of single channels, by name, which count more than those in the folder; None for none.
        account: reads what lies in S3.

    Raises:
        ChannelError: there is no such folder, or a channel is missing.
        UserError: the folder is another address.
    """
    places = {name: place for name, place in given.items() if place is not None}
    if folder is not None:
        places = {**channels_in(folder, account), **places}
    missing = [name for name in REQUIRED if name not in places]
    if missing:
        raise ChannelError(
            f"a training job needs a folder that holds the folders {', '.join(REQUIRED)}, or a place for each of them, "
            f"and there is none for {', '.join(missing)}"
        )
    return {name: places[name] for name in KNOWN if name in places}
