from __future__ import annotations

import pytest

from semseg.contract.colour_maps import ColourMaps, disagreements


def entry(name: object, colour: object = "#2ca02c") -> dict[str, object]:
    return {"class-name": name, "hex-color": colour, "confidence": 0.0}


def maps_of(name: str, *maps: object) -> ColourMaps:
    colours = ColourMaps()
    for number, colour_map in enumerate(maps, start=1):
        colours.add(f"line {number} of {name}", {"internal-color-map": colour_map})
    return colours


def test_an_index_of_two_classes_is_told_with_both_lines() -> None:
    colours = maps_of("a", {"1": entry("building")}, {"1": entry("building")}, {"1": entry("road", "#1F77B4")})
    (finding,) = disagreements([colours], "train")
    assert finding.sentence == (
        "the colour maps disagree about 1 index: index 1 is 'building' (#2ca02c) on line 1 of a and 'road' (#1f77b4) "
        "on line 3 of a. A mask's index is its class, whatever its colour map says: if the maps are right, bring the "
        "masks to one numbering"
    )
    assert (finding.level, finding.cause, finding.channel) == ("warned", "colour-maps-disagree", "train")
    assert finding.files == ("line 1 of a", "line 3 of a")


def test_two_manifests_of_a_job_may_disagree() -> None:
    train, validation = maps_of("t", {"0": entry("sky"), "7": entry("car")}), maps_of("v", {"7": entry("tree")})
    (finding,) = disagreements([train, validation], "train")
    assert (
        "1 index: index 7 is 'car' (#2ca02c) on line 1 of t and 'tree' (#2ca02c) on line 1 of v. " in finding.sentence
    )


def test_of_many_indices_three_are_shown() -> None:
    one, other = ({str(index): entry(f"{word} {index}") for index in range(5)} for word in ("old", "new"))
    (finding,) = disagreements([maps_of("a", one, other)], "train")
    assert finding.sentence.startswith("the colour maps disagree about 5 indices: index 0 is 'old 0'")
    assert "'new 2' (#2ca02c) on line 2 of a; and 2 more. A mask" in finding.sentence


@pytest.mark.parametrize(
    "colour_map",
    [
        None,
        [],
        {"1": None},
        {"1": {}},
        {"x": entry("road")},
        {"256": entry("road")},
        {"1": entry(3, 4)},
        {"": entry("a")},
    ],
)
def test_what_is_no_colour_map_is_left_out(colour_map: object) -> None:
    assert disagreements([maps_of("a", {"1": entry("building")}, colour_map)], "train") == []
