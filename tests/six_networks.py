"""The six networks, as parameters of tests."""

from __future__ import annotations

import pytest

SIX = [(algorithm, backbone) for algorithm in ("fcn", "psp", "deeplab") for backbone in ("resnet-50", "resnet-101")]

# Training and serving the larger encoder takes tens of seconds, and what it adds is blocks of the same kind.
SIX_IN_FULL_WIDTH = [
    pytest.param(network, id="-".join(network), marks=[pytest.mark.slow] if network[1] == "resnet-101" else [])
    for network in SIX
]
