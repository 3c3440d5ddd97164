"""What a console is started with, and what all of its pages share."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event

from semseg.console.roots import Roots
from semseg.session import Session

LOOPBACK = "127.0.0.1"  # the one address that the console listens on


@dataclass(frozen=True)
class Settings:
    """What a console is started with.

    Attributes:
        session: whose jobs and endpoints are shown.
        roots: the folders below which data may lie.
        token: what a browser must bring.
        port: that the console listens on.
        closing: is set once the console ends, for answers that would go on.
    """

    session: Session
    roots: Roots
    token: str
    port: int
    closing: Event = field(default_factory=Event)

    def is_closing(self) -> bool:
        """Returns whether the console ends."""
        return self.closing.is_set()

    @property
    def address(self) -> str:
        """Returns the address of the console without the token."""
        return f"http://{LOOPBACK}:{self.port}/"

    @property
    def link(self) -> str:
        """Returns the address to open, with the token."""
        return f"{self.address}?token={self.token}"
