"""How far a piece of work on many pictures is, as its process writes it for whoever waits."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class WorkProgress:
    """How many pictures are done.

    Attributes:
        done: so far.
        total: in all; 0 where it is not known.
    """

    done: int = 0
    total: int = 0

    @classmethod
    def from_json(cls, text: str) -> WorkProgress | None:
        """Returns what :meth:`to_json` made a text of; None where it is none."""
        try:
            done, total = json.loads(text)
        except (ValueError, TypeError):
            return None
        return cls(done, total) if type(done) is int and type(total) is int else None

    def to_json(self) -> str:
        """Returns it as one line of JSON."""
        return json.dumps([self.done, self.total])
