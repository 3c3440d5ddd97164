"""One conversion, from annotated pictures to the folders of a job: whole, or not at all."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Callable, Union

from semseg.contract.png_mask import IGNORE
from semseg.conversion.annotated import Annotated, Annotations
from semseg.conversion.classes import Classes, choose_classes
from semseg.conversion.conversion_problems import ConversionProblems, Unusable
from semseg.conversion.converted import Converted
from semseg.conversion.dataset_folder import Drawn, draw_all, move_into_channels, summary, write_names
from semseg.conversion.stratified_split import choose_validation
from semseg.conversion.untrusted import shown
from semseg.errors import ChannelError, UserError
from semseg.plumbing.whole_file import scratch

PathLike = Union[str, "os.PathLike[str]"]

_Choose = Callable[[Sequence[Drawn]], "set[int]"]  # the indices of those for validation
_Name = Callable[[Sequence[Drawn]], Sequence[str]]  # of all classes


class Conversion:
    """What a conversion makes of the annotations that a format's reader gives it.

    Args:
        source: what is converted, for errors.
        out: the folder to write.
        classes, background, others: as of :func:`choose_classes`.
        link: whether pictures are hard links where that can be.

    Attributes:
        problems: what was found so far.
        background: as it was given.

    Raises:
        ChannelError: ``out`` is there.
    """

    def __init__(
        self,
        source: str,
        out: PathLike,
        classes: Sequence[str] | None = None,
        background: str | None = None,
        others: str = "refuse",
        link: bool = False,
    ) -> None:
        self.out = Path(out)
        if os.path.lexists(self.out):
            raise ChannelError(f"{self.out} must be a new folder, but it is there: remove it, or give another name")
        self.problems = ConversionProblems(source)
        self.background = background
        self._wanted = classes
        self._others = others
        self._link = link

    def write_split(self, annotations: Annotations, validation: float | Sequence[str], seed: int) -> Converted:
        """Writes pictures of which some are for validation: a share of them, or those with the names given."""
        pictures = annotations.pictures
        return self._write(pictures, self._classes(annotations.labels), self._choice(pictures, validation, seed))

    def write_both(self, training: Annotations, validation: Annotations) -> Converted:
        """Writes pictures for training and others for validation."""
        for part in (training, validation):
            self._check_names(part.pictures)
        first = len(training.pictures)
        classes = self._classes(list(dict.fromkeys([*training.labels, *validation.labels])))
        pictures = [*training.pictures, *validation.pictures]
        return self._write(pictures, classes, lambda drawn: {each.index for each in drawn if each.index >= first})

    def write_masks(
        self, pictures: Sequence[Annotated], names: Mapping[int, str], validation: float | Sequence[str], seed: int
    ) -> Converted:
        """Writes pictures whose masks hold class ids already, of classes that need not have names."""
        return self._write(
            pictures,
            Classes((), IGNORE),
            self._choice(pictures, validation, seed),
            partial(self._numbered, names=names),
        )

    def _classes(self, labels: Sequence[str]) -> Classes:
        try:
            classes = choose_classes(labels, self._wanted, self.background, self._others)
            for name in classes.missing(labels):
                self.problems.warn(
                    f"class {name!r}", f"no label of the annotations is called so: {shown(list(labels))}"
                )
            return classes
        except Unusable as error:
            if not self.problems.are_any:  # else labels may be missing because of them
                self.problems.add("classes", str(error))
            self.problems.raise_all()
            raise

    def _choice(self, pictures: Sequence[Annotated], validation: float | Sequence[str], seed: int) -> _Choose:
        self._check_names(pictures)
        if isinstance(validation, (int, float)):
            if not 0 < validation < 1:
                raise UserError(f"validation must be a share above 0 and below 1, or names, got {validation}")
            return partial(_by_share, share=validation, seed=seed)
        known, named = {picture.name for picture in pictures}, set(validation)
        for name in sorted(named - known):
            self.problems.add(repr(name), "a name in validation must be that of a picture, without its suffix")
        if not 0 < len(known & named) < len(known):
            self.problems.add("validation", "it must leave a picture on both sides")
        return lambda drawn: {each.index for each in drawn if each.picture.name in named}

    def _check_names(self, pictures: Sequence[Annotated]) -> None:
        counted = Counter(picture.name for picture in pictures)
        for picture in pictures:
            if counted[picture.name] > 1:
                self.problems.add(picture.place, f"each sample must have a name of its own, got {picture.name!r} again")

    def _numbered(self, drawn: Sequence[Drawn], names: Mapping[int, str]) -> Sequence[str]:
        """Returns the names of classes, of which some may be called by their numbers."""
        found = {number for each in drawn for number in each.pixels}
        if len(found) < 2:
            seen = f"class {min(found)}" if found else "none"
            self.problems.add(
                "the masks",
                f"they must hold two classes at least, got {seen} alone: if 255 is a class and does not mean "
                'ignore, give label_map={"map": {"0": 0, "1": 255}}',
            )
        return [
            names.get(number, str(number)) for number in range(max([*found, *(set(names) - {IGNORE})], default=0) + 1)
        ]

    def _write(
        self, pictures: Sequence[Annotated], classes: Classes, choose: _Choose, name: _Name | None = None
    ) -> Converted:
        self.out.parent.mkdir(parents=True, exist_ok=True)
        with scratch(self.out.parent, self.out.name) as place:
            drawn = list(draw_all(pictures, classes, place, self._link, self.problems))
            if len(drawn) < 2 and not self.problems.are_any:
                self.problems.add("the annotations", f"they must be of two pictures at least, got {len(drawn)}")
            self.problems.raise_all()
            names = classes.names if name is None else tuple(name(drawn))
            self.problems.raise_all()
            chosen = choose(drawn)
            training = [each for each in drawn if each.index not in chosen]
            validation = [each for each in drawn if each.index in chosen]
            move_into_channels(training, validation, place)
            write_names(place, names)
            os.rename(place, self.out)
        return Converted(self.out, names, summary(training), summary(validation), self.problems.warnings)


def _by_share(drawn: Sequence[Drawn], share: float, seed: int) -> set[int]:
    chosen = choose_validation([each.pixels for each in drawn], share, seed)
    return {drawn[number].index for number in chosen}
