"""The page of mistakes says what the code says."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from semseg.contract.job_directory import JobDirectory
from tests.container.data_jobs import good_job, refused
from tests.container.test_names_of_files import renamed
from tests.endtoend import ROOT

PAGE = ROOT / "docs" / "data-mistakes.md"
DATA = "/data"  # stands for the folder of the channels on the page


def rename_masks(directory: JobDirectory, name: str) -> None:
    renamed(directory.channel("train_annotation"), r"^(.*)(?=\.png)", name)


def capitalise(directory: JobDirectory) -> None:
    renamed(directory.channel("train"), "^", "Scene")
    rename_masks(directory, r"SCENE\1")


def move_masks(directory: JobDirectory, name: str) -> None:
    for path in sorted(directory.channel("train_annotation").iterdir()):
        path.rename(directory.channel("train") / f"{path.stem}{name}.png")


def save_masks(directory: JobDirectory, width: int, count: int) -> None:
    for number in range(count):
        Image.new("L", (width, 4)).save(directory.channel("train_annotation") / f"{number}.png")


def empty_masks(directory: JobDirectory, count: int) -> None:
    for number in range(count):
        (directory.channel("train_annotation") / f"{number}.png").write_bytes(b"")


def remove(directory: JobDirectory, channel: str, *numbers: int) -> None:
    for path in sorted(directory.channel(channel).iterdir()):
        if int(path.stem) in numbers:
            path.unlink()


MISTAKES: dict[str, Callable[[JobDirectory], object]] = {
    "an ending": lambda job: rename_masks(job, r"\1_mask"),
    "a beginning": lambda job: rename_masks(job, r"mask_\1"),
    "the suffix of the image": lambda job: rename_masks(job, r"\1.jpg"),
    "beside the images": lambda job: move_masks(job, ""),
    "beside the images with an ending": lambda job: move_masks(job, "_L"),
    "other folders": lambda job: rename_masks(job, r"city/\1"),
    "letters": capitalise,
    "one mask is missing": lambda job: remove(job, "train_annotation", 1),
    "masks are missing": lambda job: remove(job, "train_annotation", 0, 1, 2, 3, 4),
    "images are missing": lambda job: remove(job, "train", 3, 4, 5),
    "a folder is missing": lambda job: shutil.rmtree(job.channel("train_annotation")),
    "the folder is empty": lambda job: remove(job, "train_annotation", *range(6)),
    "two names": lambda job: shutil.copy(job.channel("train_annotation") / "1.png", job.channel("train")),
    "masks of another size": lambda job: save_masks(job, 5, 3),
    "empty files": lambda job: empty_masks(job, 5),
    "an empty file": lambda job: (job.channel("train") / "1.jpg").write_bytes(b""),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_page_of_mistakes_has_what_is_said(tmp_path: Path, mistake: str) -> None:
    directory = good_job(tmp_path, train=6)
    MISTAKES[mistake](directory)
    for problem in refused(directory):
        said = problem.replace(str(directory.channel("train").parent), DATA)
        assert f"| {said.replace('|', '&#124;')} |" in PAGE.read_text()
