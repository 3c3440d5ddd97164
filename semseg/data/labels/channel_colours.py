"""The colours without a class in the masks of a channel, told once for all masks, with the label map to write."""

from __future__ import annotations

import threading

from semseg.contract.findings import REFUSED, SHOWN_FILES, Finding, first_names
from semseg.contract.label_maps import COLORS, FILES, MAP
from semseg.contract.png_mask import IGNORE
from semseg.data.labels.colour import Colour, shown
from semseg.data.labels.colour_errors import NOT_BY_BRIGHTNESS, WRITE_ANEW, MaskColoursError, UnreadColoursError
from semseg.data.labels.colour_table import ColourTable
from semseg.data.labels.colours_seen import ColoursSeen, joined
from semseg.data.labels.label_map import LabelMap
from semseg.data.labels.proposed_colours import proposed_colours, with_near_colours
from semseg.plumbing.counted import counted, percent

_SHOWN_COLOURS = 4
_PROPOSED = 12  # colours that a sentence proposes a label map for
# The same words for both halves, so that what is true of both is said once.
_PLACE = f"{' and '.join(FILES)} of channel label_map"


class ChannelColours:
    """Sums up the masks of a channel whose colours have no class; keeps no pixels. Several threads may add to it.

    Args:
        channel: name of the channel of the masks.
        label_map: of the channel.
        num_classes: of the job, if there is one.
    """

    def __init__(self, channel: str, label_map: LabelMap, num_classes: int | None) -> None:
        self.channel = channel
        self.label_map = label_map
        self.num_classes = num_classes
        self.unread = _Summed()
        self.unlisted = _Summed()
        self._lock = threading.Lock()

    def add(self, name: str, error: MaskColoursError) -> None:
        """Counts one mask; its name has the channel before it."""
        with self._lock:
            (self.unread if isinstance(error, UnreadColoursError) else self.unlisted).add(name, error)

    def findings(self, masks: int) -> list[Finding]:
        """Returns the refusals, at most one for each cause.

        Args:
            masks: how many the channel holds.
        """
        return [
            *([self._unread(masks)] if self.unread.count else []),
            *([self._unlisted(masks)] if self.unlisted.count else []),
        ]

    def _unread(self, masks: int) -> Finding:
        seen, hold = self.unread.seen, "holds" if self.unread.count == 1 else "hold"
        shown_colours = _PROPOSED if len(seen.pixels) <= _PROPOSED else _SHOWN_COLOURS
        sentence = (
            f"{self.unread.count} of {counted(masks, 'mask')} of channel {self.channel} {hold} several values per "
            f"pixel, not one class id, and {seen.number()}, {seen.listed(shown_colours)}, "
            f"first {self._first(self.unread)}: {self._way_out(seen)}"
        )
        return self._finding("mask-of-colours", sentence, self.unread)

    def _way_out(self, seen: ColoursSeen) -> str:
        """Returns what to do about masks of colours, where the label map lists none."""
        not_so = "" if seen.are_grey else NOT_BY_BRIGHTNESS
        if seen.look_smoothed(self.unread.pixels):
            return WRITE_ANEW
        if seen.are_too_many:
            return f"save class ids as an 8-bit greyscale or palette PNG{not_so}"
        if len(seen.pixels) > _PROPOSED:
            return (
                f'name the class of each colour in {_PLACE}, {{"{COLORS}": {{"<class>": "#rrggbb"}}}}, which '
                f"semseg.data.label_map_from(<folder of masks>) gives{not_so}"
            )
        proposal = proposed_colours(seen, self.num_classes, self.label_map.description.get(MAP))
        return (
            f"write {proposal} into {_PLACE}, with your order of classes, and colours to be ignored under key "
            f'"{IGNORE}"{not_so}'
        )

    def _unlisted(self, masks: int) -> Finding:
        colours, summed = self.label_map.colours, self.unlisted
        assert colours is not None  # or there would be no list that they are not in
        seen = summed.seen
        told = [self._told(colour, colours, masks) for colour in seen.most_common()[:_SHOWN_COLOURS]]
        sentence = (
            f"the masks of channel {self.channel} hold {seen.number()} that the label map does not name "
            f"({summed.share()} of the pixels of {counted(summed.count, 'mask')}), "
            f"{joined(told, seen.more_than(len(told)))}, first {self._first(summed)}: "
            f"{self._way_to_list(seen, colours)}"
        )
        return self._finding("unlisted-colours", sentence, summed)

    def _told(self, colour: Colour, colours: ColourTable, masks: int) -> str:
        seen = self.unlisted.seen
        away, listed, label = colours.nearest(colour)
        name = f"{self.label_map.names[label]}, " if label in self.label_map.names else ""
        nearest = "the ignored colour" if label == IGNORE else f"class {label}"
        pixels = counted(seen.pixels[colour], "pixel")
        holders = f"{seen.masks[colour]} of {counted(masks, 'mask')}"
        return f"colour {shown(colour)} in {pixels} of {holders}, {away} away from {nearest} ({name}{shown(listed)})"

    def _way_to_list(self, seen: ColoursSeen, colours: ColourTable) -> str:
        if seen.look_smoothed_beside([colour for colour, _ in colours.entries], self.unlisted.pixels):
            return WRITE_ANEW
        them, each = ("it", "it") if len(seen.pixels) == 1 else ("them", "each")
        anyhow = f'list {each} under its class there, or under key "{IGNORE}" to ignore {them}'
        near = with_near_colours(self.label_map.description, seen, colours)
        return anyhow if near is None else f"if they are slips of the pen, write {near}; else {anyhow}"

    def _first(self, summed: _Summed) -> str:
        return first_names([name.removeprefix(f"{self.channel}/") for name in summed.names], summed.count)

    def _finding(self, cause: str, sentence: str, summed: _Summed) -> Finding:
        return Finding(REFUSED, cause, self.channel, sentence, summed.count, tuple(summed.names))


class _Summed:
    """Masks with one kind of error.

    Attributes:
        names: of the first of them.
        pixels: all of theirs.
    """

    def __init__(self) -> None:
        self.seen = ColoursSeen()
        self.names: list[str] = []
        self.count = 0
        self.pixels = 0

    def add(self, name: str, error: MaskColoursError) -> None:
        """Counts one mask."""
        self.seen.add(error.seen)
        self.count += 1
        self.pixels += error.pixels
        if len(self.names) < SHOWN_FILES:
            self.names.append(name)

    def share(self) -> str:
        """Returns the part of the pixels whose colours have no class, in percent."""
        return percent(self.seen.total, self.pixels)
