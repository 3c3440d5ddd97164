"""Which label of an annotation tool is which class."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from semseg.contract.png_mask import IGNORE
from semseg.conversion.conversion_problems import Unusable
from semseg.conversion.untrusted import shown

BACKGROUND = "background"
REFUSE, AS_BACKGROUND, AS_IGNORE = OTHERS = ("refuse", "background", "ignore")
MOST = 254
_IGNORED_LABEL = "__ignore__"  # as LabelMe writes it


@dataclass(frozen=True)
class Classes:
    """The classes of a dataset.

    Attributes:
        names: of class 0, class 1, ...
        unlabelled: the class of pixels that no object covers; 255 = ignore.
        others: what becomes of labels that are no class: "refuse", "background" (as if nothing were drawn) or "ignore".
    """

    names: tuple[str, ...]
    unlabelled: int
    others: str = REFUSE

    def number(self, label: str) -> int | None:
        """Returns the class of a label, 255 = ignore; None for a label whose objects are left out.

        Raises:
            Unusable: the label is no class, and such labels are refused.
        """
        if label in self.names:
            return self.names.index(label)
        if label == _IGNORED_LABEL or self.others == AS_IGNORE:
            return IGNORE
        if self.others == AS_BACKGROUND:
            return None
        near = difflib.get_close_matches(label, self.names, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise Unusable(
            f"its label must be one of the classes {shown(list(self.names))}, got {shown(label)}{hint}: name it in "
            'classes, or give others="background" or others="ignore"'
        )

    def missing(self, found: Collection[str]) -> list[str]:
        """Returns the classes, but that of the background, that are no label of the annotations."""
        return [name for number, name in enumerate(self.names) if name not in found and number != self.unlabelled]

    def number_in_mask(self, label: str) -> int:
        """Returns the class of the pixels that have a label in a mask, where background and void have values too.

        Raises:
            Unusable: as of :meth:`number`.
        """
        if label.lower() == BACKGROUND and label not in self.names:
            return self.unlabelled
        number = self.number(label)
        return self.unlabelled if number is None else number


def choose_classes(found: Sequence[str], wanted: Sequence[str] | None, background: str | None, others: str) -> Classes:
    """Returns the classes of a dataset.

    Args:
        found: the labels that the annotations hold, in their order.
        wanted: the names in the order of the classes; those found where it is None.
        background: the name of the class of unlabelled pixels, put first if it is not among the others; None where such
            pixels are to be ignored.

    Raises:
        Unusable: a name is wanted twice, or there are fewer than 2 classes, or more than 254.
    """
    if others not in OTHERS:
        raise Unusable(f"others must be one of {', '.join(OTHERS)}, got {shown(others)}")
    names = [name for name in found if name != _IGNORED_LABEL] if wanted is None else list(wanted)
    if background is not None and (background not in names or wanted is None):
        names = [background, *(name for name in names if name != background)]
    if len(set(names)) < len(names):
        raise Unusable(f"each class must have a name of its own, got {shown(names)}")
    if not 2 <= len(names) <= MOST:
        raise Unusable(
            f"there must be 2 to {MOST} classes, got {len(names)}: {shown(names)}"
            + (' (background="background" makes unlabelled pixels a class)' if background is None else "")
        )
    return Classes(tuple(names), IGNORE if background is None else names.index(background), others)
