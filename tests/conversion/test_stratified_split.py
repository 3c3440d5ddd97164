"""Rare classes are on both sides of a split, and the split is as large as was asked for."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from semseg.conversion.stratified_split import choose_validation
from semseg.errors import UserError


def test_a_class_of_two_pictures_is_on_both_sides() -> None:
    classes = [{0, 1} for _ in range(98)] + [{0, 2}, {0, 2}]
    chosen = choose_validation(classes, 0.2, seed=0)
    assert len({98, 99} & chosen) == 1
    assert len(chosen) == 20


def test_a_class_of_one_picture_is_for_training() -> None:
    classes = [{0, 1}] * 9 + [{0, 7}]
    assert all(9 not in choose_validation(classes, 0.3, seed) for seed in range(20))


def test_each_class_has_its_share() -> None:
    chance = random.Random(5)
    often = {0: 0.9, 1: 0.5, 2: 0.2, 3: 0.05}
    classes = [{label for label, rate in often.items() if chance.random() < rate} for _ in range(1000)]
    chosen = choose_validation(classes, 0.2, seed=1)
    every = Counter(label for present in classes for label in present)
    for_validation = Counter(label for index in chosen for label in classes[index])
    assert abs(len(chosen) - 200) <= 2
    assert {label: abs(for_validation[label] - 0.2 * every[label]) <= 2 for label in often} == dict.fromkeys(
        often, True
    )


def test_pictures_without_a_class_are_shared_out_too() -> None:
    assert len(choose_validation([set() for _ in range(10)], 0.3, seed=0)) == 3


@pytest.mark.parametrize("seed", range(40))
def test_both_sides_have_pictures_and_a_seed_gives_one_split(seed: int) -> None:
    chance = random.Random(seed)
    pictures = [set(chance.sample(range(6), chance.randrange(7))) for _ in range(chance.randrange(2, 40))]
    share = chance.uniform(0.01, 0.99)
    chosen = choose_validation(pictures, share, seed)
    assert 0 < len(chosen) < len(pictures)
    assert chosen == choose_validation(pictures, share, seed)


@pytest.mark.parametrize("share", [0.0, 1.0, float("nan")])
def test_a_share_of_nothing_or_all_is_refused(share: float) -> None:
    with pytest.raises(UserError, match="validation must be a share above 0 and below 1"):
        choose_validation([{0}, {1}], share, 0)
