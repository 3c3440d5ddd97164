"""All that is wrong with a job's data is told once, in one run, and kept in a report."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from semseg.data.dataset import Dataset
from semseg.errors import ChannelError
from tests.container.data_jobs import checked, good_job, job_directory, refused, report_of, report_path, write_pairs


def save_rgb(folder: Path, *numbers: int) -> None:
    for number in numbers:
        Image.new("RGB", (6, 4)).save(folder / f"{number}.png")


def test_what_is_wrong_with_names_and_files_of_both_channels_is_told_at_once(tmp_path: Path) -> None:
    directory = good_job(tmp_path, train=9, validation=3)
    (directory.channel("train_annotation") / "0.png").unlink()
    (directory.channel("train") / "1.jpg").write_bytes(b"")
    save_rgb(directory.channel("train_annotation"), 2, 3, 4, 5)
    Image.new("L", (4, 6)).save(directory.channel("validation_annotation") / "0.png")
    (directory.channel("validation") / "1.jpg").write_bytes(b"no picture")
    problems = refused(directory)
    assert problems[0] == (
        "4 of 8 masks of channel train_annotation hold several values per pixel, not one class id, and 1 colour, "
        '#000000 in 96 pixels, first 2.png, 3.png, 4.png and 1 more: write {"colors": {"0": "#000000"}} into '
        "train_label_map.json and validation_label_map.json of channel label_map, with your order of classes, and "
        'colours to be ignored under key "255"'
    )
    assert set(problems[1:]) == {
        "train/0.jpg has no mask: expected train_annotation/0.png",
        "train/1.jpg is empty (0 bytes): a JPEG or PNG picture is needed",
        "validation_annotation/0.png is 4 x 6 pixels but its image validation/0.jpg is 6 x 4: make them the same size",
        "validation/1.jpg is no picture that can be read (it begins with b'no p'): save it as JPEG or PNG",
    }


def test_a_missing_folder_of_one_half_hides_no_broken_file_of_the_other(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    shutil.rmtree(directory.channel("train_annotation"))
    (directory.channel("train") / "1.jpg").write_bytes(b"")
    (directory.channel("validation") / "1.jpg").write_bytes(b"")
    assert refused(directory) == [
        f"channel train_annotation has no folder: {directory.channel('train_annotation')} does not exist",
        "train/1.jpg is empty (0 bytes): a JPEG or PNG picture is needed",
        "validation/1.jpg is empty (0 bytes): a JPEG or PNG picture is needed",
    ]


def test_a_file_without_a_partner_is_read_all_the_same(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    (directory.channel("train_annotation") / "0.png").unlink()
    (directory.channel("train") / "0.jpg").write_bytes(b"")
    assert refused(directory) == [
        "train/0.jpg has no mask: expected train_annotation/0.png",
        "train/0.jpg is empty (0 bytes): a JPEG or PNG picture is needed",
    ]


def test_masks_of_other_sizes_are_told_in_one_sentence_with_both_sizes_of_the_first(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    for number in range(3):
        Image.new("L", (5, 4 + number)).save(directory.channel("train_annotation") / f"{number}.png")
    assert refused(directory)[0] == (
        "3 of 4 masks of channel train_annotation have another size than their images, first 0.png, 1.png and 2.png: "
        "the first is 5 x 4 pixels but its image train/0.jpg is 6 x 4: make them the same size"
    )


@pytest.mark.parametrize("workers", [0, 3])
def test_the_report_of_a_refused_job_has_all_findings(tmp_path: Path, workers: int) -> None:
    directory = good_job(tmp_path)
    save_rgb(directory.channel("train_annotation"), 1, 2)
    [problem] = refused(directory, workers=workers)
    report = report_of(directory)
    assert (report["refused"], report["warned"]) == (1, 0)
    finding = report["findings"][0]
    assert finding["sentence"] == problem
    assert (finding["level"], finding["channel"], finding["count"]) == ("refused", "train_annotation", 2)
    assert finding["files"] == ["train_annotation/1.png", "train_annotation/2.png"]


def test_a_job_that_goes_on_has_a_report_too(tmp_path: Path) -> None:
    directory, log = good_job(tmp_path), io.StringIO()
    train, _ = checked(directory, log)
    assert isinstance(train.dataset, Dataset)
    assert (len(train.dataset.samples), report_of(directory)["channels"]["train"]["samples"]) == (4, 4)
    assert report_of(directory)["channels"]["validation"]["samples"] == 2
    assert "Checked 4 of 4 samples of channel train." in log.getvalue()


def test_an_earlier_report_is_written_anew(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    (directory.channel("train") / "1.jpg").rename(tmp_path / "1.jpg")
    assert refused(directory) == ["train_annotation/1.png has no image: expected train/1.jpg"]
    (tmp_path / "1.jpg").rename(directory.channel("train") / "1.jpg")
    checked(directory)
    assert report_of(directory)["refused"] == 0
    assert [path.name for path in report_path(directory).parent.iterdir()] == ["dataset.json"]


def test_a_second_job_on_the_same_files_does_not_read_them_again_and_says_the_same(tmp_path: Path) -> None:
    kept = str(tmp_path / "facts")
    logs, reports = [], []
    for job in ("first", "second"):
        directory, log = job_directory(tmp_path / job), io.StringIO()
        if job == "first":
            write_pairs(directory, "train", 4)
            write_pairs(directory, "validation", 2)
            save_rgb(directory.channel("validation_annotation"), 1)
            long_ago(directory.channel("train").parent, tmp_path / "other names")
        else:
            (directory.root / "input" / "data").symlink_to(tmp_path / "first" / "input" / "data")
        with pytest.raises(ChannelError):
            checked(directory, log, facts_folder=kept)
        logs.append(log.getvalue())
        reports.append(report_of(directory))
    assert "are known" not in logs[0]
    assert "8 files of channel train, or its masks, are known from an earlier job and did not change." in logs[1]
    assert "3 files of channel validation, or its masks, are known" in logs[1]
    assert reports[0] == reports[1]


def long_ago(folder: Path, names: Path) -> None:
    """Gives all files a time long ago, and a second name each: of a file with one, the time of its entry counts too."""
    names.mkdir()
    for number, path in enumerate(sorted(folder.rglob("*.*"))):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        os.link(path, names / str(number))


def test_what_is_true_of_both_halves_is_told_once(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    for half, numbers in (("train", (1, 2)), ("validation", (0, 1))):
        for number in numbers:
            (directory.channel(f"{half}_annotation") / f"{number}.png").write_bytes(b"")
    assert refused(directory) == [
        "2 of 4 masks of channel train_annotation cannot be used, first 1.png and 2.png (likewise 2 of channel "
        "validation_annotation): each is empty (0 bytes): a PNG picture is needed"
    ]
    assert report_of(directory)["findings"][0]["count"] == 4
