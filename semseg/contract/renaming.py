"""How the names of masks differ from those of their images, found by looking at all of them.

Tools put an ending or a beginning to the name of a mask ("street_1_mask.png" for "street_1.jpg"), or to that of the
image, or another one to each.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from glob import escape

_PROBES = 12  # names that are compared with those of the other side, spread over all
_SAMPLE = 200  # names that a rule is tried on before the best one is tried on all
_NUMBER = re.compile("[0-9]+")
_CLASS_IDS = re.compile("label|id", re.IGNORECASE)  # of several masks of an image, in the name of the one with classes


@dataclass(frozen=True)
class Renaming:
    """The texts before and after the part that the names of an image and of its mask have in common.

    Names are without folders and suffix.
    """

    image_start: str
    image_end: str
    mask_start: str
    mask_end: str

    def image_of(self, mask: str) -> str | None:
        """Returns the name of the image of a mask; None for a mask that is not named so."""
        core = mask[len(self.mask_start) : len(mask) - len(self.mask_end)]
        is_named_so = mask.startswith(self.mask_start) and mask.endswith(self.mask_end)
        return f"{self.image_start}{core}{self.image_end}" if core and is_named_so else None

    def __str__(self) -> str:
        """Returns what is told of masks that are named so, as the words after "the names of ... masks"."""
        starts = _difference("begin with", self.mask_start, self.image_start)
        ends = _difference("end in", self.mask_end, self.image_end)
        return ", and ".join(part for part in (starts, ends) if part)

    @property
    def pattern(self) -> str:
        """The pattern that the file names of such masks match, as :meth:`pathlib.Path.glob` takes it."""
        return f"{escape(self.mask_start)}*{escape(self.mask_end)}.png"

    def expression(self, name: str) -> str:
        """Returns a Python expression of the right file name of a mask; ``name`` is an expression of its own."""
        start, end = len(self.mask_start) or "", f"{self.mask_end}.png"
        before = f"{self.image_start!r} + " if self.image_start else ""
        if not self.mask_end and not self.image_end:
            return f"{before}{name}[{start}:]"
        return f"{before}{name}[{start}:-{len(end)}] + {self.image_end + '.png'!r}"


def find_renaming(images: Collection[str], masks: Collection[str]) -> Renaming | None:
    """Returns the one rule by which most masks are named after an image of another name; None where there is none.

    Args:
        images: names without folders and suffix.
        masks: likewise.
    """
    known = frozenset(images)
    rules = dict.fromkeys(_candidates(sorted(known), sorted(set(masks))))
    if not rules:
        return None
    sample = _spread(sorted(masks), _SAMPLE)
    best = max(rules, key=lambda rule: (_hits(rule, sample, known), _preference(rule)))
    hits = _hits(best, masks, known)
    is_sure = hits > 1 or (_is_of_one_side(best) and _is_set_off(best))
    return best if is_sure and 2 * hits >= min(len(known), len(masks)) else None


def _spread(names: Sequence[str], most: int) -> Sequence[str]:
    """Returns at most so many of the names, from all over them."""
    return names if len(names) <= most else [names[len(names) * place // most] for place in range(most)]


def _hits(rule: Renaming, masks: Collection[str], images: frozenset[str]) -> int:
    return sum(rule.image_of(mask) in images for mask in masks)


def _preference(rule: Renaming) -> tuple[bool, bool, int]:
    texts = (rule.image_start, rule.image_end, rule.mask_start, rule.mask_end)
    names_ids = _CLASS_IDS.search(rule.mask_start + rule.mask_end) is not None
    return _is_of_one_side(rule), names_ids, -sum(map(len, texts))


def _is_of_one_side(rule: Renaming) -> bool:
    """Returns whether the whole name of the image is in that of the mask, or the other way round."""
    return not (rule.image_start or rule.image_end) or not (rule.mask_start or rule.mask_end)


def _is_set_off(rule: Renaming) -> bool:
    """Returns whether neither a letter nor a digit of what differs is beside what the names have in common."""
    beside = (rule.image_start[-1:], rule.image_end[:1], rule.mask_start[-1:], rule.mask_end[:1])
    return not any(character.isalnum() for character in beside)


def _candidates(images: Sequence[str], masks: Sequence[str]) -> Iterator[Renaming]:
    """Yields the rules of a few masks, each compared with the images that it may belong to."""
    known_images, known_masks = frozenset(images), frozenset(masks)
    backwards = sorted(image[::-1] for image in images)
    numbered = {_number(image): image for image in images}
    for mask in _spread(masks, _PROBES):
        for image in _texts_in(mask):
            if image in known_images:
                yield from _around(image, mask, mask.index(image), 0, len(image))
        for image in _beside(mask, images):
            yield from _trimmed(image, mask, 0, 0, _shared(image, mask))
        for turned in _beside(mask[::-1], backwards):
            same = _shared(turned, mask[::-1])
            yield from _trimmed(turned[::-1], mask, len(turned) - same, len(mask) - same, same)
        number = _number(mask)
        if number and number in numbered:
            yield from _grown(numbered[number], mask, number)
    for image in _spread(images, _PROBES):
        for mask in _texts_in(image):
            if mask in known_masks:
                yield from _around(image, mask, 0, image.index(mask), len(mask))


def _texts_in(name: str) -> Iterator[str]:
    """Yields all shorter texts within a name."""
    for length in range(len(name) - 1, 0, -1):
        for start in range(len(name) - length + 1):
            yield name[start : start + length]


def _beside(name: str, ordered: Sequence[str]) -> Sequence[str]:
    """Returns the names before and after the place of ``name``: one of them has the longest beginning in common."""
    place = bisect(ordered, name)
    return ordered[max(0, place - 1) : place + 1]


def _number(name: str) -> str:
    """Returns the longest number in a name, as its digits; "" without one."""
    return max(_NUMBER.findall(name), key=len, default="")


def _grown(image: str, mask: str, number: str) -> Iterator[Renaming]:
    """Yields the rule of two names that have a number in common, and perhaps more around it."""
    at_image, at_mask = image.rindex(number), mask.rindex(number)
    before = _shared(image[:at_image][::-1], mask[:at_mask][::-1])
    after = _shared(image[at_image:], mask[at_mask:])
    yield from _trimmed(image, mask, at_image - before, at_mask - before, before + after)


def _trimmed(image: str, mask: str, at_image: int, at_mask: int, length: int) -> Iterator[Renaming]:
    """Yields the rule of two names by the part that they have in common, cut where words and numbers end."""
    while length and (_splits(image, at_image) or _splits(mask, at_mask)):
        at_image, at_mask, length = at_image + 1, at_mask + 1, length - 1
    while length and (_splits(image, at_image + length) or _splits(mask, at_mask + length)):
        length -= 1
    yield from _around(image, mask, at_mask, at_image, length)


def _around(image: str, mask: str, at_mask: int, at_image: int, length: int) -> Iterator[Renaming]:
    """Yields the rule of two names by the part that they have in common, unless a number is cut in two there."""
    cuts = [(image, at_image), (image, at_image + length), (mask, at_mask), (mask, at_mask + length)]
    if length and not any(_splits(name, place) and name[place].isdigit() for name, place in cuts):
        image_texts = image[:at_image], image[at_image + length :]
        mask_texts = mask[:at_mask], mask[at_mask + length :]
        if image_texts != mask_texts:
            yield Renaming(*image_texts, *mask_texts)


def _shared(one: str, other: str) -> int:
    """Returns how many characters two texts have in common from their beginning."""
    return next((place for place, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))


def _splits(name: str, place: int) -> bool:
    """Returns whether a cut before this place is within a word or a number."""
    if not 0 < place < len(name):
        return False
    left, right = name[place - 1], name[place]
    return (left.isdigit() and right.isdigit()) or (left.isalpha() and right.isalpha())


def _difference(verb: str, of_mask: str, of_image: str) -> str:
    if of_mask == of_image:
        return ""
    if of_mask and of_image:
        return f'{verb} "{of_mask}" where those of their images {verb} "{of_image}"'
    if of_mask:
        return f'{verb} "{of_mask}" and those of their images do not'
    return f'do not {verb} "{of_image}" as those of their images do'
