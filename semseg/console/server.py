"""Runs the console: opens its port on this machine alone, says the link, and serves until it is asked to stop."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from os import PathLike

import uvicorn

from semseg.console.app import create_app
from semseg.console.roots import Roots
from semseg.console.settings import LOOPBACK, Settings
from semseg.console.token_file import kept_token
from semseg.contract.listening_socket import open_socket
from semseg.session import Session

PORT = 8765
SECONDS_TO_END = 2  # for answers that are under way, such as those that follow a job, when the console is stopped


def run_console(
    session: Session, roots: Iterable[str | PathLike[str]], port: int, opened: Callable[[str], None]
) -> None:
    """Serves the console until SIGTERM or SIGINT.

    Args:
        session: whose jobs and endpoints are shown.
        roots: the folders below which data may lie.
        port: of this machine; 0 takes a free one.
        opened: is called with the link once the console answers.

    Raises:
        UserError: a root is no folder.
        PlatformError: somebody else has the port, or the home cannot be written to.
        KeyboardInterrupt: somebody pressed Ctrl-C.
    """
    below = Roots(roots)
    home = session.local.home
    home.create()
    with open_socket(LOOPBACK, port, "give another port with --port, or 0 for a free one") as listener:
        settings = Settings(session, below, kept_token(home.root), listener.getsockname()[1])
        Server(settings, opened).run([listener])


class Server(uvicorn.Server):
    """uvicorn, which says the link when it is ready."""

    def __init__(self, settings: Settings, opened: Callable[[str], None]) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(settings),
                access_log=False,
                log_level="warning",
                timeout_graceful_shutdown=SECONDS_TO_END,
                server_header=False,
                ws="none",
                lifespan="off",
            )
        )
        self._settings = settings
        self._opened = opened

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to answer, then says so."""
        await super().startup(sockets)
        if self.started:
            self._opened(self._settings.link)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends the answers that follow a job, then all others."""
        self._settings.closing.set()
        await super().shutdown(sockets)
