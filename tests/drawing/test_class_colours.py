"""The colours of classes: told apart, also by the colour-blind."""

from __future__ import annotations

import numpy as np
import pytest

from semseg.drawing.class_colours import class_colours, hex_colour

# What a linear RGB colour becomes in the eyes of most people and of those without one kind of cone.
# Source: G. Machado, M. Oliveira, L. Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency" (2009), severity 1.0.
EYES = {
    "all cones": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def smallest_distance(colours: np.ndarray, eyes: np.ndarray) -> float:
    """The smallest CIE76 distance of two colours, (N, 3) uint8; 2.3 is just noticeable."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = np.clip(linear @ eyes.T, 0, 1) @ to_xyz.T / np.array([0.95047, 1, 1.08883])
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116).T
    lab = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)
    distances = np.linalg.norm(lab[:, None] - lab[None], axis=2)
    return float(distances[~np.eye(len(lab), dtype=bool)].min())


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize(("classes", "least"), [(10, 17), (20, 6), (30, 5)])
def test_classes_are_told_apart_by_all_eyes(eyes: str, classes: int, least: float) -> None:
    assert smallest_distance(class_colours()[:classes], EYES[eyes]) > least


def test_every_class_has_a_colour_of_its_own_and_none_is_that_of_ignored_pixels() -> None:
    colours = {tuple(colour) for colour in class_colours()[:254]}
    assert len(colours) == 254
    assert (255, 255, 255) not in colours


def test_what_is_no_class_is_white() -> None:
    assert class_colours(2)[2:].min() == 255


def test_a_colour_that_is_given_takes_the_place_of_ours() -> None:
    colours = class_colours(3, {1: (70, 130, 180)})
    assert [hex_colour(colour) for colour in colours[:3]] == ["#717581", "#4682b4", "#ffa90e"]
