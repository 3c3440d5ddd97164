"""The worst pictures and some at random, kept in constant memory."""

from __future__ import annotations

import numpy as np

from semseg.results.shown_pictures import ShownPictures


def add(shown: ShownPictures, name: str, wrong: int, labelled: int = 100) -> None:
    """A picture of 10 x 10 pixels of class 0, of which so many are labelled and so many of these wrong."""
    truth, predicted = np.full(100, 255, np.uint8), np.zeros(100, np.uint8)
    truth[:labelled] = 0
    predicted[:wrong] = 1
    image = np.full((10, 10, 3), wrong, np.uint8)
    shown.add(name, image, truth.reshape(10, 10), predicted.reshape(10, 10))


def names(pictures: object) -> list[str]:
    return [each.name for each in pictures]  # type: ignore[attr-defined]


def test_the_worst_are_those_with_the_largest_share_of_wrong_pixels() -> None:
    shown = ShownPictures(worst=2, random=0)
    for name, wrong, labelled in [("a", 10, 100), ("b", 10, 20), ("c", 0, 100), ("d", 40, 100), ("e", 5, 10)]:
        add(shown, name, wrong, labelled)
    assert names(shown.worst) == ["b", "e"]  # both half wrong: in the order of their names
    assert [each.wrong_share for each in shown.worst] == [0.5, 0.5]
    assert shown.worst[0].image.tolist() == np.full((10, 10, 3), 10).tolist()


def test_a_picture_without_a_wrong_pixel_is_none_of_the_worst() -> None:
    shown = ShownPictures(worst=2, random=1)
    add(shown, "a", 0)
    add(shown, "b", 0, labelled=0)
    assert shown.worst == []
    assert len(shown.random) == 1


def test_the_random_ones_are_the_same_in_any_order_and_others_with_another_seed() -> None:
    def drawn(order: list[int], seed: int = 0) -> list[str]:
        shown = ShownPictures(random=6, seed=seed)
        for number in order:
            add(shown, f"{number:03}", 1)
        return names(shown.random)

    forwards = drawn(list(range(100)))
    assert len(forwards) == 6
    assert forwards == sorted(forwards)
    assert drawn(list(range(99, -1, -1))) == forwards
    assert drawn(list(range(100)), seed=1) != forwards


def test_every_picture_is_drawn_about_equally_often() -> None:
    counts = dict.fromkeys(map(str, range(10)), 0)
    for seed in range(100):
        shown = ShownPictures(worst=0, random=5, seed=seed)
        for name in counts:
            add(shown, name, 0)
        for name in names(shown.random):
            counts[name] += 1
    # 50 expected of each; the standard deviation is sqrt(100 * 1/2 * 1/2), 5
    assert min(counts.values()) > 30
    assert max(counts.values()) < 70


def test_two_processes_together_keep_what_one_would_have_kept() -> None:
    alone, first, second = ShownPictures(), ShownPictures(), ShownPictures()
    for number in range(40):
        add(alone, f"{number:02}", number)
        add((first, second)[number % 2], f"{number:02}", number)
    first.take(ShownPictures.from_bytes(second.to_bytes()))
    assert names(first.worst) == names(alone.worst)
    assert names(first.random) == names(alone.random)
    assert first.worst[1].predicted.tolist() == alone.worst[1].predicted.tolist()


def test_large_pictures_are_kept_as_small_copies_with_their_true_counts() -> None:
    shown = ShownPictures(worst=1, random=0)
    truth = np.zeros((600, 960), np.uint8)
    truth[:, 480:] = 7
    shown.add("a", np.zeros((600, 960, 3), np.uint8), truth, np.zeros((600, 960), np.uint8))
    [kept] = shown.worst
    assert (kept.image.shape, kept.truth.shape, kept.predicted.shape) == ((300, 480, 3), (300, 480), (300, 480))
    assert (kept.labelled_pixels, kept.wrong_pixels) == (600 * 960, 600 * 480)
    assert np.unique(kept.truth).tolist() == [0, 7]
