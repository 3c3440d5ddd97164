"""The six networks, as parameters of tests."""

from __future__ import annotations

import pytest

SIX = [(algorithm, backbone) for algorithm in ("fcn", "psp", "deeplab") for backbone in ("resnet-50", "resnet-101")]

# Training and serving one in its full width takes tens of seconds; the others differ from the first in parts that the
# tests of engines try in small.
QUICK = SIX[0]
SIX_IN_FULL_WIDTH = [
    pytest.param(network, id="-".join(network), marks=[] if network == QUICK else [pytest.mark.slow]) for network in SIX
]

# Each decoder once, and the deeper encoder once: what is left are parts that others of them have.
COVERED = [("psp", "resnet-101"), ("deeplab", "resnet-101")]
SIX_NARROW = [
    pytest.param(network, id="-".join(network), marks=[pytest.mark.slow] if network in COVERED else [])
    for network in SIX
]
