"""Parts that many requests of the SageMaker API share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Union

from semseg.errors import UserError

Tags = Union[Sequence[Mapping[str, str]], Mapping[str, str], None]


def given(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the entries that are not None. What a request leaves out is left to SageMaker."""
    return {name: value for name, value in entries.items() if value is not None}


def tag_list(tags: Tags) -> list[dict[str, str]] | None:
    """Returns tags as the API has them: ``[{"Key": ..., "Value": ...}]``; None if there are none.

    Args:
        tags: such a list, one such dictionary, or a dictionary of names and values.
    """
    if not tags:
        return None
    if isinstance(tags, Mapping):
        pairs = [tags] if set(tags) == {"Key", "Value"} else [{"Key": k, "Value": v} for k, v in tags.items()]
    else:
        pairs = list(tags)
    for pair in pairs:
        if not isinstance(pair, Mapping) or set(pair) != {"Key", "Value"}:
            raise UserError(f'tags must be a list of {{"Key": ..., "Value": ...}} or a dictionary, got {pair!r} in it')
    return [dict(pair) for pair in pairs]


def vpc_config(subnets: Sequence[str] | None, security_group_ids: Sequence[str] | None) -> dict[str, Any] | None:
    """Returns the API's VpcConfig; None if neither is given.

    Raises:
        UserError: one is given without the other.
    """
    if not subnets and not security_group_ids:
        return None
    if not subnets or not security_group_ids:
        raise UserError(
            f"subnets and security_group_ids must be given both or neither, got {subnets!r} and {security_group_ids!r}"
        )
    return {"Subnets": list(subnets), "SecurityGroupIds": list(security_group_ids)}
