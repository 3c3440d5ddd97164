from __future__ import annotations

import asyncio
import socket

from starlette.applications import Starlette
from uvicorn.server import ServerState

from semseg.serving.limits import Limits
from semseg.serving.server import build_server


async def accepted_connection() -> socket.socket:
    """The server's end of a connection, once uvicorn has taken it."""
    config = build_server(Starlette(), Limits()).config
    config.load()
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
            lambda: config.http_protocol_class(config=config, server_state=ServerState(), app_state={}), accepted
        )
        copy = accepted.dup()
        transport.abort()
        return copy


def test_no_part_of_an_answer_waits_until_the_client_has_confirmed_the_one_before():
    with asyncio.run(accepted_connection()) as connection:
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
