"""The socket that an endpoint listens on.

The process that starts a server on this machine opens the port first and hands the socket down, so that no other
process can take the port. In a container nobody does that, and the server opens its port itself.
"""

from __future__ import annotations

import socket

from semseg.contract.environment import LISTENING_SOCKET
from semseg.errors import PlatformError


def open_socket(address: str, port: int, way_out: str) -> socket.socket:
    """Returns a listening socket; port 0 takes a free one.

    Args:
        way_out: ends the sentence of the error.

    Raises:
        PlatformError: the port is in use, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family)
    except OSError as error:
        reason = str(error.strerror).split(" (")[0]  # Python appends the address in brackets
        raise PlatformError(f"Port {port} of {address} cannot be opened ({reason}): {way_out}") from error


def adopt_socket(descriptor: int) -> socket.socket:
    """Returns the listening socket that was handed down; what this process starts does not get it too.

    Raises:
        PlatformError: the descriptor is not that of a socket.
    """
    try:
        listener = socket.socket(fileno=descriptor)
    except OSError as error:
        raise PlatformError(
            f"The environment variable {LISTENING_SOCKET.name} must be {LISTENING_SOCKET.rule}, got {descriptor}: "
            f"leave it out, and the server opens its port itself"
        ) from error
    listener.set_inheritable(False)
    return listener
