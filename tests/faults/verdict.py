"""Whether an endpoint kept what it owes to a request."""

from __future__ import annotations

import io
import json

from PIL import Image

from semseg.contract.recordio import decode_probabilities
from tests.faults.attempts import PNG, PROTOBUF, RECORDIO, Attempt
from tests.faults.raw_client import Outcome, Reply

# An endpoint may be busy, late or short of memory; nothing else may be wrong with it.
PROMISED_FAILURES = (503, 504, 507)


def fault_of(attempt: Attempt, outcome: Outcome) -> str | None:
    """What is wrong, in a sentence; None where all is well."""
    if outcome.garbled:
        return f"the answer is no HTTP: {outcome.garbled}"
    if outcome.ended == "silent":
        return "no answer came, and the connection stayed open"
    cut = outcome.ended == "closed" and len(outcome.replies) < len(attempt.methods)
    if cut and not attempt.promise.may_close:
        return f"the connection was closed after {len(outcome.replies)} of {len(attempt.methods)} answers"
    faults = (_fault_of_reply(attempt, reply) for reply in outcome.replies)
    return next((fault for fault in faults if fault), None)


def _fault_of_reply(attempt: Attempt, reply: Reply) -> str | None:
    if reply.status not in attempt.promise.statuses:
        return f"status {reply.status} where one of {sorted(attempt.promise.statuses)} is owed: {reply.body[:300]!r}"
    if reply.status != 200:
        return _fault_of_refusal(reply)
    expected = attempt.promise.media_type
    if expected and reply.media_type != expected:
        return f"an answer of type {reply.media_type!r} where {expected!r} is owed"
    if attempt.methods[0] == "POST" and reply.media_type in (PNG, RECORDIO, PROTOBUF):
        return _fault_of_size(attempt.promise.size, reply)
    return None


def _fault_of_refusal(reply: Reply) -> str | None:
    """Ours say why in JSON; what is no HTTP request is refused before it reaches us."""
    if reply.media_type != "application/json":
        return None
    try:
        content = json.loads(reply.body) if reply.body else {"message": "", "error": ""}
        good = sorted(content) == ["error", "message"] and "\n" not in content["message"]
    except (ValueError, TypeError):
        good = False
    return None if good else f"a refusal that is no JSON with a sentence: {reply.body[:300]!r}"


def _fault_of_size(size: tuple[int, int] | None, reply: Reply) -> str | None:
    try:
        found = answered_size(reply)
    except Exception as error:
        return f"an answer that cannot be read: {type(error).__name__}: {error}"
    if size is not None and found != size:
        return f"an answer of {found} to a picture of {size}"
    return None


def answered_size(reply: Reply) -> tuple[int, int]:
    """The (height, width) of a mask or of probabilities, read to their end."""
    if reply.media_type == PNG:
        with Image.open(io.BytesIO(reply.body), formats=("PNG",)) as image:
            image.load()
            if image.mode != "L":
                raise ValueError(f"a mask of mode {image.mode}")
            return image.height, image.width
    probabilities = decode_probabilities(reply.body)
    return probabilities.shape[1], probabilities.shape[2]
