"""Draws small scenes with their masks: ground, sky, houses and trees, simple enough to learn in minutes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

CLASSES = ("ground", "sky", "house", "tree")
GROUND, SKY, HOUSE, TREE = range(4)
WIDTH, HEIGHT = 192, 144


def draw_scene(rng: np.random.Generator) -> tuple[Image.Image, Image.Image]:
    """Returns an image (RGB) and its mask (greyscale, a class id in each pixel)."""
    image = Image.new("RGB", (WIDTH, HEIGHT), colour(rng, (110, 100, 60)))
    mask = Image.new("L", (WIDTH, HEIGHT), GROUND)
    horizon = int(rng.integers(56, 96))
    pencils = ImageDraw.Draw(image), ImageDraw.Draw(mask)
    rectangle(pencils, (0, 0, WIDTH, horizon), colour(rng, (130, 180, 230)), SKY)
    for _ in range(rng.integers(1, 3)):
        draw_house(pencils, rng, horizon)
    for _ in range(rng.integers(1, 4)):
        draw_tree(pencils, rng, horizon)
    noise = rng.normal(0, 8, (HEIGHT, WIDTH, 3))
    noisy = np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8)
    return Image.fromarray(noisy), mask


def draw_house(pencils: tuple[ImageDraw.ImageDraw, ...], rng: np.random.Generator, horizon: int) -> None:
    left, width, height = int(rng.integers(0, 140)), int(rng.integers(40, 70)), int(rng.integers(32, 56))
    foot = horizon + int(rng.integers(4, 28))
    walls = colour(rng, (200, 80, 70))
    rectangle(pencils, (left, foot - height, left + width, foot), walls, HOUSE)
    eaves = foot - height
    roof = [(left - 6, eaves), (left + width + 6, eaves), (left + width // 2, eaves - 24)]
    for pencil, fill in zip(pencils, (colour(rng, (120, 40, 50)), HOUSE)):
        pencil.polygon(roof, fill=fill)


def draw_tree(pencils: tuple[ImageDraw.ImageDraw, ...], rng: np.random.Generator, horizon: int) -> None:
    centre, radius = int(rng.integers(8, 184)), int(rng.integers(14, 24))
    foot = horizon + int(rng.integers(8, 44))
    leaves = colour(rng, (30, 120, 40))
    rectangle(pencils, (centre - 5, foot - 24, centre + 5, foot), leaves, TREE)
    for pencil, fill in zip(pencils, (leaves, TREE)):
        pencil.ellipse((centre - radius, foot - 20 - 2 * radius, centre + radius, foot - 20), fill=fill)


def rectangle(
    pencils: tuple[ImageDraw.ImageDraw, ...], box: tuple[int, ...], fill: tuple[int, ...], class_id: int
) -> None:
    for pencil, value in zip(pencils, (fill, class_id)):
        pencil.rectangle(box, fill=value)


def colour(rng: np.random.Generator, around: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = (int(np.clip(value + rng.integers(-25, 26), 0, 255)) for value in around)
    return red, green, blue


def write_scenes(folder: Path, channel: str, count: int, seed: int) -> None:
    """Writes ``count`` scenes to ``folder/<channel>`` and their masks to ``folder/<channel>_annotation``."""
    rng = np.random.default_rng(seed)
    images, masks = folder / channel, folder / f"{channel}_annotation"
    images.mkdir(parents=True, exist_ok=True)
    masks.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        image, mask = draw_scene(rng)
        image.save(images / f"scene_{number:03d}.jpg", quality=92)
        mask.save(masks / f"scene_{number:03d}.png")
