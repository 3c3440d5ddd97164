from __future__ import annotations

from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def mx() -> ModuleType:
    """MXNet, made importable first."""
    import mxnet

    return mxnet
