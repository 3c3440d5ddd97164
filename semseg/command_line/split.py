"""``semseg split``: the folders of a job, from pictures and their masks."""

from __future__ import annotations

from pathlib import Path

import click

from semseg.command_line.conversion_options import answer, seed, validation
from semseg.command_line.verb import Work, verb


@verb
@click.argument("images", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("masks", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The folder to write, a new one.")
@click.option("--mask-ending", default="_mask", show_default=True, help="Without MASKS: of masks' names before .png.")
@click.option("--label-map", type=click.Path(exists=True, dir_okay=False), help="What the masks' values mean, JSON.")
@validation
@seed
@click.option("--link", is_flag=True, help="Link pictures instead of copying them, where that is possible.")
def split(
    work: Work,
    images: Path,
    masks: Path | None,
    output: Path,
    mask_ending: str,
    label_map: str | None,
    validation: float | list[str] | None,
    seed: int,
    link: bool,
) -> None:
    """Make the folders of a job from pictures and their masks: a part of them becomes the validation data.

    Masks lie in the folder MASKS with the names of the pictures in IMAGES, or, without MASKS, beside each picture.
    """
    from semseg import datasets

    part = 0.2 if validation is None else validation
    if masks is None:
        made = datasets.from_pairs(
            images, output, mask_ending=mask_ending, label_map=label_map, validation=part, seed=seed, link=link
        )
    else:
        made = datasets.split(images, masks, output, label_map=label_map, validation=part, seed=seed, link=link)
    answer(work, made)
