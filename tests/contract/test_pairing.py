from __future__ import annotations

from semseg.contract.pairing import MASK_SUFFIXES, Place, is_hidden, name_of, pair_paths, paths_by_name


def paired(images: list[str], masks: list[str]) -> tuple[dict[str, tuple[str, str]], list[str]]:
    pairing = pair_paths(Place("s3://streets/train", images), Place("/data/masks", masks), "train")
    return pairing.pairs, [finding.sentence for finding in pairing.findings]


def test_paths_are_paired_by_all_but_their_suffix_in_the_order_of_names() -> None:
    pairs, problems = paired(["b.jpeg", "x/a.JPG", "a.png"], ["x/a.png", "a.PNG", "b.png"])
    assert list(pairs.items()) == [
        ("a", ("a.png", "a.PNG")),
        ("b", ("b.jpeg", "b.png")),
        ("x/a", ("x/a.JPG", "x/a.png")),
    ]
    assert problems == []


def test_what_is_hidden_or_no_picture_is_left_out() -> None:
    pairs, problems = paired(["a.jpg", ".b.jpg", ".c/d.jpg", "notes.txt"], ["a.png", "Thumbs.db"])
    assert (list(pairs), problems) == (["a"], [])


def test_problems_of_single_files_go_before_those_of_pairs() -> None:
    pairs, problems = paired(["a.jpg", "a.png", "b.jpg", "c.gif"], ["a.png", "d.png", "e.jpg"])
    assert list(pairs) == ["a"]
    assert problems == [
        "train/a.png has the same name as a.jpg but for the suffix: remove one of them",
        "train/c.gif cannot be used: channel train is read from "
        ".jpg or .jpeg or .png or .tif or .tiff or .bmp or .webp files",
        "train_annotation/e.jpg cannot be used: channel train_annotation is read from .png files",
        "train/b.jpg has no mask: expected train_annotation/b.png",
        "train_annotation/d.png has no image: expected train/d.jpg",
    ]


def test_a_place_without_a_picture_is_one_problem() -> None:
    assert paired(["a.jpg", "b.jpg"], []) == (
        {},
        ["channel train_annotation has no .png file in /data/masks: put at least one there"],
    )
    assert paths_by_name(Place("/m", ["a.png"]), "train_annotation", MASK_SUFFIXES) == ({"a": "a.png"}, [])


def test_only_the_last_dot_ends_a_name() -> None:
    assert (name_of("x/v1.0.jpg"), name_of("v1"), name_of("x.y/v.png")) == ("x/v1.0", "v1", "x.y/v")


def test_a_file_in_a_hidden_folder_is_hidden() -> None:
    assert [is_hidden(path) for path in ("a.jpg", ".a.jpg", "x/.y/a.jpg", "x/a.b.jpg")] == [False, True, True, False]
