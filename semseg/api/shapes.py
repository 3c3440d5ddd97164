"""Parts that many requests of the SageMaker API share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar, Union, runtime_checkable

from semseg.contract.echoed import echoed
from semseg.errors import UserError

# Dictionaries that are named and shaped as in the SageMaker API: their values are texts, numbers, times, and lists and
# dictionaries of these. Which keys there are, the API reference says.
Request = Mapping[str, Any]  # what is sent, or a part of it; nobody changes it
Answer = dict[str, Any]  # what is answered, or what is being put together


@runtime_checkable
class ApiObject(Protocol):
    """An object of the SDK that stands for a part of a request."""

    def _to_request_dict(self) -> Answer:
        """Returns it, named and shaped as in the API."""
        ...


Settings = Union[ApiObject, Request, None]  # how a part of a request is given
Value = TypeVar("Value")
Tags = Union[Sequence[Mapping[str, str]], Mapping[str, str], None]


def without_none(entries: Mapping[str, Value | None]) -> dict[str, Value]:
    """Returns the entries that are not None: what is left out of a request is left to SageMaker."""
    return {name: value for name, value in entries.items() if value is not None}


def request_part(name: str, settings: Settings) -> Answer | None:
    """Returns a part of a request in the API's shape; None where there is none.

    Args:
        name: the parameter that it was given as.
        settings: such a dictionary, or an object of the SDK that stands for it.

    Raises:
        UserError: it is neither.
    """
    part = settings._to_request_dict() if isinstance(settings, ApiObject) else settings
    if part is None:
        return None
    if not isinstance(part, Mapping):
        raise UserError(f"{name} must be a dictionary named as in the SageMaker API, got {type(part).__name__}")
    return dict(part)


def tag_list(tags: Tags) -> list[dict[str, str]] | None:
    """Returns tags as the API has them, ``[{"Key": ..., "Value": ...}]``; None where there are none.

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
            raise UserError(
                f'tags must be a list of {{"Key": ..., "Value": ...}} or a dictionary, got {echoed(pair)} in it'
            )
    return [dict(pair) for pair in pairs]


def vpc_config(subnets: Sequence[str] | None, security_group_ids: Sequence[str] | None) -> dict[str, list[str]] | None:
    """Returns the API's VpcConfig; None where neither is given.

    Raises:
        UserError: one is given without the other.
    """
    if not subnets and not security_group_ids:
        return None
    if not subnets or not security_group_ids:
        raise UserError(
            f"subnets and security_group_ids must be given both or neither, "
            f"got {echoed(subnets)} and {echoed(security_group_ids)}"
        )
    return {"Subnets": list(subnets), "SecurityGroupIds": list(security_group_ids)}
