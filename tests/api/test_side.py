"""The two sides of a session have one interface."""

from __future__ import annotations

import inspect

import pytest

from semseg.api.side import Side
from semseg.aws.managed_session import ManagedSession
from semseg.local import LocalSession

METHODS = sorted(name for name in vars(Side) if not name.startswith("_"))


def parameters(owner: type, method: str) -> list[str]:
    """Returns the names of a method's parameters; what may come beside them is left out."""
    named = inspect.signature(getattr(owner, method)).parameters.values()
    return [each.name for each in named if each.kind is not inspect.Parameter.VAR_KEYWORD]


def test_the_interface_has_methods_of_every_kind() -> None:
    assert {"train", "transform", "tune", "create_endpoint", "register", "export_model"} <= set(METHODS)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("side", [LocalSession, ManagedSession])
def test_each_side_has_each_method_with_the_same_parameters(side: type, method: str) -> None:
    assert parameters(side, method) == parameters(Side, method)


def test_both_sides_are_a_side_to_the_type_checker() -> None:
    sides: list[Side] = [LocalSession(), ManagedSession()]
    assert [type(side) for side in sides] == [LocalSession, ManagedSession]


def test_a_session_of_one_side_has_all_things_on_it() -> None:
    here, there = LocalSession(), ManagedSession()
    assert here.with_exports() is here
    assert there.with_registry() is there
