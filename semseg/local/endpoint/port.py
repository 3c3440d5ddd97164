"""Which port the next endpoint takes: the session's, else the environment's, else a free one; and its socket."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

from semseg.contract.listening_socket import ADDRESS_VARIABLE, DEFAULT_ADDRESS, open_socket
from semseg.errors import UserError

VARIABLE = "SEMSEG_SERVING_PORT"
HIGHEST_PORT = 65535
WAY_OUT = f"set {VARIABLE}, or serving_port in the session's config, to a free port"


def serving_port(config: Mapping[str, Any] | None, environment: Mapping[str, str]) -> int | None:
    """Returns the port that is asked for; None where any free one will do.

    Args:
        config: of a LocalSession; ``{"local": {"serving_port": 8080}}``.
        environment: the process's.

    Raises:
        UserError: it is no whole number from 1 to 65535.
    """
    configured = ((config or {}).get("local") or {}).get("serving_port")
    if configured is not None:
        return _checked("serving_port", configured)
    value = environment.get(VARIABLE)
    return _checked(VARIABLE, value) if value else None


def open_serving_socket(port: int | None, environment: Mapping[str, str]) -> socket.socket:
    """Returns the listening socket of an endpoint, for its server; None takes a free port.

    Args:
        environment: of the server; SEMSEG_BIND_ADDRESS is where it listens.

    Raises:
        PlatformError: the port is in use, or the address is not this machine's.
    """
    address = environment.get(ADDRESS_VARIABLE, DEFAULT_ADDRESS)
    other = "" if address == DEFAULT_ADDRESS else f", or {ADDRESS_VARIABLE} to an address of this machine"
    return open_socket(address, port or 0, WAY_OUT + other)


def _checked(name: str, value: Any) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= HIGHEST_PORT):
        raise UserError(f"{name} must be a port, a whole number from 1 to {HIGHEST_PORT}, got {value!r}")
    return int(text)
