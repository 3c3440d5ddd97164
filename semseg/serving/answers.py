"""The formats of the answers that an endpoint can give, and the choice between them by a request's Accept header."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from semseg.contract import media_types, png_mask, recordio
from semseg.errors import RequestError
from semseg.serving.engine_loop import MASK, PROBABILITIES

WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")  # RFC 9110, 12.4.2


@dataclass(frozen=True)
class Encoded:
    """The body of an answer, in pieces."""

    length: int
    pieces: Iterable[bytes | memoryview]


@dataclass(frozen=True)
class AnswerFormat:
    """A format of answers: what the engine is asked for, and how that becomes a body of ``media_type``."""

    media_type: str
    kind: str
    encode: Callable[[np.ndarray], Encoded]


def negotiate(accept: str) -> AnswerFormat:
    """Returns the format that an Accept header prefers: the one of the greatest weight, and of several the one that is
    named first.

    Args:
        accept: the header's media types, joined with commas; empty where the request has none.

    Raises:
        RequestError: 406, nothing that it names can be answered; 400, a weight is no number from 0 to 1.
    """
    weights = _weights(accept or media_types.ANYTHING)
    refused = {name for name, weight in weights if weight == 0}
    wanted = [(weight, ANSWERS[name]) for name, weight in weights if name in ANSWERS and name not in refused]
    wanted = [(weight, answer) for weight, answer in wanted if answer.media_type not in refused]
    if not wanted:
        raise RequestError(406, f"Accept must name one of {', '.join(ANSWERS)}, got {accept!r}")
    return max(wanted, key=lambda pair: pair[0])[1]


def _weights(accept: str) -> list[tuple[str, float]]:
    return [_weight(entry) for entry in accept.split(",") if entry.strip()]


def _weight(entry: str) -> tuple[str, float]:
    """Returns the name and the weight in an entry such as ``image/png;q=0.5``."""
    name, *parameters = (part.strip().lower() for part in entry.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            if not WEIGHT.fullmatch(value.strip()):
                raise RequestError(400, f"The weight q of {name} in Accept must be a number from 0 to 1, got {value!r}")
            return name, float(value)
    return name, 1.0


def _probabilities(probabilities: np.ndarray) -> Encoded:
    return Encoded(*recordio.probability_chunks(probabilities))


def _mask(mask: np.ndarray) -> Encoded:
    data = png_mask.encode(mask)
    return Encoded(len(data), [data])


_MASK = AnswerFormat(media_types.PNG, MASK, _mask)

# By the names that an Accept header may give them. application/x-protobuf is what AWS's notebooks call RecordIO.
ANSWERS = {
    media_types.PNG: _MASK,
    media_types.RECORDIO_PROTOBUF: AnswerFormat(media_types.RECORDIO_PROTOBUF, PROBABILITIES, _probabilities),
    media_types.PROTOBUF: AnswerFormat(media_types.PROTOBUF, PROBABILITIES, _probabilities),
    "image/*": _MASK,
    media_types.OCTET_STREAM: _MASK,
    media_types.ANYTHING: _MASK,
}
