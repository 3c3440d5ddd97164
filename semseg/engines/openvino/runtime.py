"""Makes OpenVINO importable without its telemetry.

This room's ``__init__`` calls :func:`prepare`, so that its modules import OpenVINO and NNCF like any other package.
"""

from __future__ import annotations

import importlib.util
import sys

from semseg.engines.choice import INSTALL_OPENVINO
from semseg.errors import PlatformError

TELEMETRY = "openvino_telemetry"


def prepare() -> None:
    """Checks that OpenVINO is installed, and makes sure that neither it nor NNCF reports to its makers.

    Both work without the package ``openvino_telemetry`` if it cannot be imported. The package's own switch is not used,
    because it writes to the user's home and reports that it was used.

    Raises:
        PlatformError: OpenVINO is not installed.
    """
    if importlib.util.find_spec("openvino") is None:
        raise PlatformError(f"OpenVINO is not installed; {INSTALL_OPENVINO}")
    if TELEMETRY not in sys.modules:
        sys.modules[TELEMETRY] = None  # type: ignore[assignment]  # None makes an import fail
