"""What an environment variable is: its name, what it must be, and what holds where it is not set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from semseg.contract.echoed import echoed
from semseg.errors import UserError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class VariableRule(Protocol[T_co]):
    """Reads a variable's text, or raises ValueError; ``str(rule)`` completes the sentence "<name> must be ...".

    The rules in :mod:`semseg.contract.rules` are such.
    """

    def read(self, text: str) -> T_co: ...

    def __str__(self) -> str: ...


@dataclass(frozen=True)
class Variable(Generic[T]):
    """An environment variable.

    Attributes:
        name: as it is set.
        rule: what its text must be.
        default: the value where it is not set.
        note: what it does, for the documents.
        default_in_words: what the documents show as the default where the value alone does not say it.
        may_be_empty: an empty text means that it is not set.
        secret: its text is shown nowhere.
    """

    name: str
    rule: VariableRule[T]
    default: T
    note: str
    default_in_words: str = ""
    may_be_empty: bool = False
    secret: bool = False

    def read(self, environment: Mapping[str, str]) -> T:
        """Returns the value that the environment gives it.

        Raises:
            UserError: the text is not what it must be.
        """
        text = environment.get(self.name)
        if text is None or (not text and self.may_be_empty):
            return self.default
        try:
            return self.rule.read(text)
        except ValueError:
            seen = f"{len(text)} characters, which are not shown" if self.secret else echoed(text)
            raise UserError(f"The environment variable {self.name} must be {self.rule}, got {seen}") from None

    @property
    def shown_default(self) -> str:
        """The default as the documents show it."""
        return self.default_in_words or ("none" if self.default is None else f"`{self.default}`")


def markdown_table(variables: Iterable[Variable[Any]]) -> str:
    """Returns each variable as a row of a Markdown table: name, rule, default, note."""
    rows = ["| name | must be | default | what it does |", "|---|---|---|---|"]
    rows += [f"| `{item.name}` | {item.rule} | {item.shown_default} | {item.note} |" for item in variables]
    return "\n".join(rows) + "\n"
