"""The refusal of what the SageMaker Python SDK takes and semseg does nowhere. It names the parameters; none is
ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semseg.errors import UserError


def refuse(parameters: Mapping[str, Any], why: str = "") -> None:
    """Refuses each of these parameters that is set.

    Args:
        why: what follows "source_dir is not supported", such as ", for a mask is one whole" or " on this machine".
    """
    named = [name for name, value in parameters.items() if value]
    if named:
        verb, them = ("is", "it") if len(named) == 1 else ("are", "them")
        raise UserError(f"{', '.join(named)} {verb} not supported{why}: leave {them} out")
