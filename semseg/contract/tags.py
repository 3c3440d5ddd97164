"""Tags of AWS resources, in the two forms that the SageMaker Python SDK v2 takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semseg.errors import UserError


def tag_list(tags: Any) -> list[dict[str, str]] | None:
    """Tags as the API wants them; None where there are none.

    Args:
        tags: ``[{"Key": "team", "Value": "roads"}]``, one such dictionary, or ``{"team": "roads"}``.

    Raises:
        UserError: they have neither form.
    """
    if not tags:
        return None
    if isinstance(tags, Mapping):
        pairs = [(tags["Key"], tags["Value"])] if set(tags) == {"Key", "Value"} else list(tags.items())
    elif isinstance(tags, (list, tuple)) and all(isinstance(tag, Mapping) and "Key" in tag for tag in tags):
        pairs = [(tag["Key"], tag.get("Value", "")) for tag in tags]
    else:
        raise UserError(f'tags must be a list of {{"Key": ..., "Value": ...}} or a dictionary, got {tags!r}')
    return [{"Key": str(key), "Value": str(value)} for key, value in pairs]
