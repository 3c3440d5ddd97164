"""A console that really serves, on a free port, and a visitor who asks it as a browser does."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import urllib3

from semseg.console.roots import Roots
from semseg.console.server import Server
from semseg.console.settings import LOOPBACK, Settings
from semseg.contract.listening_socket import open_socket
from semseg.local import LocalSession
from semseg.session import Session
from tests.local.fakes import session_at

TOKEN = "a-token-of-the-tests-that-is-long-enough"
SECONDS = 20  # that an answer may take


@dataclass
class Visitor:
    """Asks a console; with the cookie, unless it is told otherwise."""

    settings: Settings
    http: urllib3.PoolManager = field(default_factory=urllib3.PoolManager)

    @property
    def host(self) -> str:
        return f"{LOOPBACK}:{self.settings.port}"

    def headers(self, **others: str) -> dict[str, str]:
        """The headers of a browser that has the cookie; those with an underscore in their name get a hyphen."""
        own = {"Cookie": f"semseg_{self.settings.port}={TOKEN}", "Accept": "text/html", "Origin": f"http://{self.host}"}
        return {**own, **{name.replace("_", "-"): value for name, value in others.items()}}

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        """Returns the answer, without following where it sends to."""
        sent = self.headers() if headers is None else headers
        address = f"http://{self.host}{path}"
        return self.http.request(method, address, body=body, headers=sent, redirect=False, timeout=SECONDS)

    def post(self, path: str, *fields: tuple[str, str]) -> urllib3.BaseHTTPResponse:
        """Sends a form."""
        return self.ask(path, "POST", urlencode(fields).encode())

    def page(self, path: str, **query: str) -> str:
        """Returns a page, which must be there."""
        answer = self.ask(f"{path}?{urlencode(query)}" if query else path)
        assert answer.status == 200, answer.data.decode()
        return answer.data.decode()


def session_of(local: LocalSession) -> Session:
    """A session of SageMaker's scripts whose side of this machine is the one that is given."""
    session = Session()
    session.local = local
    return session


@contextmanager
def console(root: Path, local: LocalSession | None = None) -> Iterator[Visitor]:
    """Serves a console of a home with the small processes of the tests, and stops it at the end."""
    session = session_of(local or session_at(root / "home"))
    with open_socket(LOOPBACK, 0, "try again") as listener:
        settings = Settings(session, Roots([root]), TOKEN, listener.getsockname()[1])
        ready = threading.Event()
        server = Server(settings, lambda link: ready.set())
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            assert ready.wait(SECONDS)
            yield Visitor(settings)
        finally:
            server.should_exit = True
            thread.join(SECONDS)
            assert not thread.is_alive()
