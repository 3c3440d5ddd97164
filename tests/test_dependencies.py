"""The bounds of setup.cfg, and the pins of constraints.txt within them."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parent.parent
# stubs take the version of what they describe, and only style and types are checked with them
UNBOUND = {"types-protobuf", "types-requests", "types-tqdm"}


def requirements() -> list[Requirement]:
    """Every dependency of the package and of its extras, but the extras that extras ask for."""
    settings = configparser.ConfigParser()
    settings.read(REPOSITORY / "setup.cfg")
    listed = [settings["options"]["install_requires"], *settings["options.extras_require"].values()]
    lines = (line.strip() for text in listed for line in text.splitlines())
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return [each for each in found if each.name not in {"semseg", *UNBOUND}]


def pins() -> dict[str, Requirement]:
    lines = (REPOSITORY / "constraints.txt").read_text().splitlines()
    found = [Requirement(line) for line in lines if not line.startswith("#")]
    return {canonicalize_name(each.name): each for each in found}


def test_every_dependency_is_bound_above() -> None:
    unbound = [str(each) for each in requirements() if not {"<", "=="} & {part.operator for part in each.specifier}]
    assert unbound == []


def test_every_dependency_is_bound_below_and_so_is_what_builds_the_package() -> None:
    (listed,) = re.findall(r"^requires = \[(.*)\]$", (REPOSITORY / "pyproject.toml").read_text(), re.M)
    builders = [Requirement(quoted.strip().strip('"')) for quoted in listed.split(",")]
    every = [*requirements(), *builders]
    assert [str(each) for each in every if not {">=", "=="} & {part.operator for part in each.specifier}] == []
    assert [each.name for each in builders] == ["setuptools"]


def test_every_pin_keeps_the_bounds() -> None:
    pinned = pins()
    broken = [
        f"{each}: pinned {pinned[name].specifier}"
        for each in requirements()
        if (name := canonicalize_name(each.name)) in pinned
        and not all(each.specifier.contains(part.version) for part in pinned[name].specifier)
    ]
    assert broken == []


def test_every_pin_is_one_version_for_one_python() -> None:
    assert {part.operator for pin in pins().values() for part in pin.specifier} == {"=="}
    assert {str(pin.marker) for pin in pins().values()} == {'python_version == "3.11"'}


def test_every_dependency_of_the_tests_is_pinned() -> None:
    elsewhere = {"mxnet-cu112", "setuptools"}  # needs CUDA; comes with the environment itself
    names = {canonicalize_name(each.name) for each in requirements() if not each.name.startswith("nvidia-")}
    assert names - set(pins()) - elsewhere == set()
