"""Clients that ask for the masks of a set of pictures, all at once, and hold each answer against the right one."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image

from tests.faults.pictures import encoded, shapes
from tests.faults.raw_client import Reply
from tests.faults.served import SECONDS, Served
from tests.faults.verdict import PROMISED_FAILURES

SIZES = ((40, 60), (40, 60), (64, 64), (97, 33), (120, 90), (200, 150), (240, 320))  # height, width
RIGHT, UNANSWERED = "right", "no answer"


@dataclass(frozen=True)
class Question:
    """A picture and the answer to it, asked when the server had nothing else to do."""

    body: bytes
    answer: bytes
    accept: bytes = b"image/png"


def questions(served: Served, sizes: Sequence[tuple[int, int]] = SIZES) -> list[Question]:
    """One of each size, some of them asked for probabilities."""
    found = []
    for number, (height, width) in enumerate(sizes):
        body = encoded(Image.fromarray(shapes(number, height, width)), "JPEG" if number % 2 else "PNG")
        accept = b"application/x-recordio-protobuf" if number % 4 == 3 else b"image/png"
        found.append(asked(served, body, accept))
    if len({question.answer for question in found}) < len(found) // 2:
        raise ValueError("the model answers alike to different pictures, so that a wrong answer would go unseen")
    return found


def asked(served: Served, body: bytes, accept: bytes = b"image/png") -> Question:
    reply = served.ask(body, accept)
    if reply is None or reply.status != 200:
        raise ValueError(f"a server without load answered {reply and (reply.status, reply.body)}")
    return Question(body, reply.body, accept)


@dataclass
class Load:
    """Clients that ask without a pause, from ``with`` to its end."""

    served: Served
    questions: list[Question]
    clients: int
    results: Counter[str] = field(default_factory=Counter)  # "right", a status, or what was wrong
    seconds: list[float] = field(default_factory=list)  # that a right answer took

    def __enter__(self) -> Load:
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Ask no more, and wait for what is under way."""
        self._ended.set()
        for thread in self._threads:
            thread.join(SECONDS)

    def answered(self, number: int) -> bool:
        return sum(self.results.values()) >= number

    def faults(self, allowed: Sequence[int] = PROMISED_FAILURES) -> list[str]:
        """What was neither right nor refused with a promised status."""
        fine = {RIGHT, *map(str, allowed)}
        return [f"{count} x {result}" for result, count in sorted(self.results.items()) if result not in fine]

    def line(self) -> str:
        return ", ".join(f"{count} x {result}" for result, count in self.results.most_common())

    def _run(self, number: int) -> None:
        rng = random.Random(number)
        while not self._ended.is_set():
            question = rng.choice(self.questions)
            began = time.monotonic()
            try:
                result = judged(question, self.served.ask(question.body, question.accept))
            except OSError as error:
                result = f"{UNANSWERED}: {type(error).__name__}"
            with self._lock:
                self.results[result] += 1
                if result == RIGHT:
                    self.seconds.append(time.monotonic() - began)
            if result != RIGHT:
                time.sleep(0.05)  # as a client does that was told to come back


def judged(question: Question, reply: Reply | None) -> str:
    if reply is None:
        return UNANSWERED
    if reply.status != 200:
        return str(reply.status)
    return RIGHT if reply.body == question.answer else "a wrong answer"
