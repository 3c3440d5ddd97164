"""Lets the suite run on an install without an engine: what needs MXNet is skipped there."""

from __future__ import annotations

import importlib.util

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if importlib.util.find_spec("mxnet") is not None:
        return
    for item in items:
        if item.get_closest_marker("engine"):
            item.add_marker(pytest.mark.skip(reason='MXNet is not installed: pip install ".[cpu]"'))
