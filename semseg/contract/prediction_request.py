"""What the command ``predict`` is asked for, and what it answers: both are JSON files in its job directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Given:
    """A picture or a video.

    Attributes:
        name: of what is written of it, without suffix: a path with ``/`` between the parts.
        path: of the file, absolute.
    """

    name: str
    path: str


@dataclass(frozen=True)
class Wanted:
    """What is written of each picture.

    Attributes:
        folder: that gets the files, absolute.
        overlay: whether the colours of the classes are laid over the picture.
        probabilities: whether the probabilities of all classes are kept.
        opacity: of the colours, 0 to 1.
        every: every so many frames of a video are taken.
    """

    folder: str
    overlay: bool = False
    probabilities: bool = False
    opacity: float = 0.5
    every: int = 1


@dataclass(frozen=True)
class PredictionRequest:
    """The work of one ``predict``: pictures and videos, in their order, and what is wanted of them."""

    given: Sequence[Given]
    wanted: Wanted

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> PredictionRequest:
        """Returns what :meth:`to_json` made."""
        return cls([Given(**each) for each in content["given"]], Wanted(**content["wanted"]))

    def to_json(self) -> dict[str, Any]:
        """Returns it as a JSON object."""
        return asdict(self)


@dataclass(frozen=True)
class LeftOut:
    """A picture that has no mask, and why.

    Attributes:
        name: where the picture was found, as it was given.
        reason: a sentence.
    """

    name: str
    reason: str


@dataclass(frozen=True)
class PredictionAnswer:
    """What was written.

    Attributes:
        pictures: how many pictures and frames have a mask.
        left_out: those that have none.
    """

    pictures: int = 0
    left_out: tuple[LeftOut, ...] = ()

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> PredictionAnswer:
        """Returns what :meth:`to_json` made."""
        return cls(content["pictures"], tuple(LeftOut(**each) for each in content["left_out"]))

    def to_json(self) -> dict[str, Any]:
        """Returns it as a JSON object."""
        return asdict(self)
