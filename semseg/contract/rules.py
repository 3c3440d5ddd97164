"""What a hyperparameter or an environment variable may be: each rule reads a string and prints itself.

A rule's ``read`` gives the value or raises ValueError; ``str(rule)`` completes the sentence "<name> must be ...".
The check and the message are one object, so that they cannot drift apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, Union

MOST_DIGITS = 10  # of an environment variable
HIGHEST_PORT = 65_535
SECONDS_OF = {"s": 1, "m": 60, "h": 3600}
HIGHEST_DESCRIPTOR = 2**31 - 1  # an int of C

Value = Union[int, float, bool, str, tuple[int, ...], tuple[float, ...]]


class Rule(Protocol):
    """Reads one string of the wire form, and describes in words what it accepts."""

    def read(self, text: str) -> Value:
        """Returns the value that a string stands for; raises ValueError if the rule does not accept it."""
        ...

    def __str__(self) -> str: ...


@dataclass(frozen=True)
class WholeNumber:
    """Accepts an int of at least ``least`` and, if ``most`` is given, of at most ``most``."""

    least: int
    most: int | None = None

    def read(self, text: str) -> int:
        number = int(_plain(text))
        if number < self.least or (self.most is not None and number > self.most):
            raise ValueError(text)
        return number

    def __str__(self) -> str:
        if self.most is None:
            return f"a whole number of at least {self.least}"
        return f"a whole number from {self.least} to {self.most}"


@dataclass(frozen=True)
class WordOr:
    """Accepts one of ``words``, or a whole number that ``number`` accepts."""

    words: tuple[str, ...]
    number: WholeNumber

    def read(self, text: str) -> str | int:
        return text if text in self.words else self.number.read(text)

    def __str__(self) -> str:
        return f"{', '.join(self.words)}, or {self.number}"


@dataclass(frozen=True)
class WordFor:
    """Accepts a whole number that ``number`` accepts, or ``word``, which stands for ``meant`` until that is known."""

    word: str
    meant: int
    number: WholeNumber

    def read(self, text: str) -> int:
        return self.meant if text == self.word else self.number.read(text)

    def written(self, value: object) -> str:
        """Returns the wire form of a value."""
        return self.word if value == self.meant else wire_form(value)

    def __str__(self) -> str:
        return f"{self.word}, or {self.number}"


@dataclass(frozen=True)
class Digits(WholeNumber):
    """A whole number as an environment variable has it: in ASCII digits alone, without sign or space.

    Ten digits are enough for everything, and ``int()`` of thousands of them is an error of its own.
    """

    def read(self, text: str) -> int:
        if not text.isdigit() or len(text) > MOST_DIGITS:
            raise ValueError(text)
        return super().read(text)


@dataclass(frozen=True)
class Port:
    """A port of TCP from ``least``, 0 or 1; as a server's own port, 0 means a free one."""

    least: int

    def read(self, text: str) -> int:
        return Digits(self.least, HIGHEST_PORT).read(text)

    def __str__(self) -> str:
        return f"a port, {WholeNumber(self.least, HIGHEST_PORT)}"


@dataclass(frozen=True)
class Descriptor:
    """Accepts the number of a file that the starter has opened and hands down; ``kind`` says what it must be."""

    kind: str

    def read(self, text: str) -> int:
        return Digits(0, HIGHEST_DESCRIPTOR).read(text)

    def __str__(self) -> str:
        return f"the file descriptor of {self.kind}"


@dataclass(frozen=True)
class Number:
    """Accepts a finite float in [low, high]; ``open_low`` and ``open_high`` exclude the bound itself."""

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False

    def read(self, text: str) -> float:
        number = float(_plain(text))
        too_low = number <= self.low if self.open_low else number < self.low
        too_high = number >= self.high if self.open_high else number > self.high
        if not math.isfinite(number) or too_low or too_high:
            raise ValueError(text)
        return number

    def __str__(self) -> str:
        low = f"above {self.low:g}" if self.open_low else f"at least {self.low:g}"
        high = f"below {self.high:g}" if self.open_high else f"at most {self.high:g}"
        return f"a number {low} and {high}"


@dataclass(frozen=True)
class OneOf:
    """Accepts one of ``words``; an empty one among them means that none of the others is chosen."""

    words: tuple[str, ...]

    def read(self, text: str) -> str:
        if text not in self.words:
            raise ValueError(text)
        return text

    def __str__(self) -> str:
        words = [word for word in self.words if word]
        listed = words[0] if len(words) == 1 else "one of " + ", ".join(words)
        return listed + (", or empty" if len(words) < len(self.words) else "")


@dataclass(frozen=True)
class TrueOrFalse:
    """Accepts a bool, written True or False in any case of letters."""

    def read(self, text: str) -> bool:
        words = {"true": True, "false": False}
        if text.lower() not in words:
            raise ValueError(text)
        return words[text.lower()]

    def __str__(self) -> str:
        return "True or False"


@dataclass(frozen=True)
class Epochs:
    """Accepts a comma-separated list of epochs, which is sorted in rising order; the empty string is no epoch."""

    def read(self, text: str) -> tuple[int, ...]:
        epochs = tuple(sorted({int(_plain(word)) for word in text.split(",")})) if text.strip() else ()
        if any(epoch < 1 for epoch in epochs):
            raise ValueError(text)
        return epochs

    def __str__(self) -> str:
        return 'a comma-separated list of epochs, each at least 1, such as "10, 20"'


@dataclass(frozen=True)
class SumOf:
    """Accepts one of ``words``, or several different ones with ``+`` between them, which stay in their order."""

    words: tuple[str, ...]

    def read(self, text: str) -> str:
        terms = [term.strip() for term in text.split("+")]
        if len(set(terms)) < len(terms) or not set(terms) <= set(self.words):
            raise ValueError(text)
        return "+".join(terms)

    def __str__(self) -> str:
        return f"one of {', '.join(self.words)}, or a sum of them, such as {'+'.join(self.words[:2])}"


@dataclass(frozen=True)
class WordOrNumbers:
    """Accepts one of ``words``, or a comma-separated list of finite numbers of at least 0, not all of them 0."""

    words: tuple[str, ...]

    def read(self, text: str) -> str | tuple[float, ...]:
        if text in self.words:
            return text
        numbers = tuple(float(_plain(word)) for word in text.split(","))
        if not all(math.isfinite(number) and number >= 0 for number in numbers) or not any(numbers):
            raise ValueError(text)
        return numbers

    def __str__(self) -> str:
        return f'{", ".join(self.words)}, or a comma-separated list of numbers of at least 0, such as "1, 2.5"'


@dataclass(frozen=True)
class Duration:
    """Accepts a number above 0 with ``s``, ``m`` or ``h`` behind it, or nothing, which is no duration."""

    def read(self, text: str) -> str:
        if text:
            seconds_of(text)
        return text

    def __str__(self) -> str:
        return 'a number with s, m or h behind it, such as "30m", or empty'


def seconds_of(duration: str) -> float:
    """Returns the seconds of a duration such as "30m"; raises ValueError where it is none."""
    seconds = float(_plain(duration[:-1])) * SECONDS_OF.get(duration[-1:], math.nan)
    if not 0 < seconds < math.inf:
        raise ValueError(duration)
    return seconds


@dataclass(frozen=True)
class Text:
    """Accepts any string; ``meaning`` says what it stands for."""

    meaning: str

    def read(self, text: str) -> str:
        return text

    def __str__(self) -> str:
        return self.meaning


@dataclass(frozen=True)
class Token:
    """What a header can carry after "Bearer ": one character or more of visible ASCII."""

    def read(self, text: str) -> str:
        if not text or any(not "!" <= character <= "~" for character in text):
            raise ValueError(text)
        return text

    def __str__(self) -> str:
        return "printable ASCII without spaces"


def _plain(text: str) -> str:
    """Returns ``text`` unless only Python takes it for a number: with ``_`` or with digits of another script.

    Raises:
        ValueError: it is such a text.
    """
    if "_" in text or not text.isascii():
        raise ValueError(text)
    return text


def wire_form(value: object) -> str:
    """Returns the string that is sent for a value: "True" for ``True``, "10,20" for a list or a tuple."""
    if isinstance(value, (list, tuple)):
        return ",".join(str(item) for item in value)
    return str(value)
