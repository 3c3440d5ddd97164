from __future__ import annotations

import asyncio
import inspect
import socket

import h11
import uvicorn
from h11._receivebuffer import ReceiveBuffer
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from semseg.serving.limits import Limits
from semseg.serving.server import build_server


async def accepted_connection() -> socket.socket:
    """The server's end of a connection, once uvicorn has taken it."""
    config = build_server(Starlette(), Limits()).config
    config.load()
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        protocol = config.http_protocol_class
        assert isinstance(protocol, type)
        assert issubclass(protocol, H11Protocol)
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
            lambda: protocol(config=config, server_state=ServerState(), app_state={}), accepted
        )
        copy = accepted.dup()
        transport.abort()
        return copy


def test_no_part_of_an_answer_waits_until_the_client_has_confirmed_the_one_before() -> None:
    with asyncio.run(accepted_connection()) as connection:
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_what_is_used_of_the_inside_of_uvicorn_and_h11_is_there() -> None:
    async def protocol() -> H11Protocol:
        config = uvicorn.Config(Starlette(), http=H11Protocol)
        config.load()
        return H11Protocol(config=config, server_state=ServerState(), app_state={})

    made = asyncio.run(protocol())
    assert isinstance(made.conn, h11.Connection)
    assert isinstance(made.connections, set)
    for name in ("loop", "transport"):
        assert hasattr(made, name)
    for name in ("connection_made", "data_received", "pause_writing", "resume_writing", "connection_lost"):
        assert callable(getattr(made, name))
    assert list(inspect.signature(made.on_response_complete).parameters) == []
    assert list(inspect.signature(made.send_400_response).parameters) == ["msg"]
    assert made.conn.their_state is made.conn.our_state is h11.IDLE
    assert callable(made.conn.next_event)
    assert type(made.conn._receive_buffer) is ReceiveBuffer
    for name in ("maybe_extract_lines", "maybe_extract_next_line"):
        assert callable(getattr(ReceiveBuffer, name))
    server = uvicorn.Server(made.config)
    assert isinstance(server.server_state.tasks, set)
    assert server.should_exit is False
    assert list(inspect.signature(server.serve).parameters) == ["sockets"]
