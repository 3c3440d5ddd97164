"""Which port the next endpoint takes: the session's, else the environment's, else a free one; and its socket."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

from semseg.contract.environment import BIND_ADDRESS, SERVING_PORT
from semseg.contract.listening_socket import open_socket
from semseg.errors import UserError
from semseg.local.endpoint.invocation import LOOPBACK

OWN_ADDRESSES = {"0.0.0.0": LOOPBACK, "::": "::1"}  # of a server that listens at every address of the machine
WAY_OUT = f"set {SERVING_PORT.name}, or serving_port in the session's config, to a free port"


def serving_port(config: Mapping[str, Any] | None, environment: Mapping[str, str]) -> int | None:
    """Returns the port that is asked for; None where any free one will do.

    Args:
        config: of a LocalSession; ``{"local": {"serving_port": 8080}}``.
        environment: the process's.

    Raises:
        UserError: it is no whole number from 1 to 65535.
    """
    configured = ((config or {}).get("local") or {}).get("serving_port")
    if configured is None:
        return SERVING_PORT.read(environment)
    try:
        return SERVING_PORT.rule.read(str(configured))
    except ValueError:
        raise UserError(f"serving_port must be {SERVING_PORT.rule}, got {configured!r}") from None


def address_of(listener: socket.socket) -> str:
    """Returns the address at which a server that listens on this socket is asked, such as "127.0.0.1" or "::1"."""
    address = str(listener.getsockname()[0])
    return OWN_ADDRESSES.get(address, address)


def open_serving_socket(port: int | None, environment: Mapping[str, str]) -> socket.socket:
    """Returns the listening socket of an endpoint, for its server; None takes a free port.

    Args:
        environment: of the server; SEMSEG_BIND_ADDRESS is where it listens.

    Raises:
        PlatformError: the port is in use, or the address is not this machine's.
    """
    address = BIND_ADDRESS.read(environment)
    other = "" if address == BIND_ADDRESS.default else f", or {BIND_ADDRESS.name} to an address of this machine"
    return open_socket(address, port or 0, WAY_OUT + other)
