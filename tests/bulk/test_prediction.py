"""Pictures and videos become files; what cannot be used is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.bulk.mask_files import MaskFiles
from semseg.bulk.pictures import given_at
from semseg.bulk.prediction import Prediction
from semseg.contract.prediction_request import PredictionAnswer, Wanted
from semseg.data.video import Video
from tests.bulk.red_answers import RedAnswers
from tests.videos import plain, write_video


def half_red(width: int = 8) -> np.ndarray:
    """4 pixels high, the left half red, the right one grey."""
    image = np.full((4, width, 3), 90, np.uint8)
    image[:, : width // 2] = (250, 0, 0)
    return image


def save(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return tmp_path / "pictures"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def predict(pictures: Path, wanted: Wanted, moves: list[tuple[int, int]] | None = None) -> PredictionAnswer:
    kept = [] if moves is None else moves
    prediction = Prediction(RedAnswers(), MaskFiles(wanted), lambda done, total: kept.append((done, total)))
    return prediction.run(given_at([pictures], Path(wanted.folder)))


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_each_picture_becomes_a_mask_of_class_ids(pictures: Path, out: Path) -> None:
    save(pictures / "a.png", half_red())
    save(pictures / "city" / "b.png", half_red(4))
    moves: list[tuple[int, int]] = []
    assert predict(pictures, Wanted(str(out)), moves) == PredictionAnswer(2)
    assert files_in(out) == ["masks/a.png", "masks/city/b.png"]
    with Image.open(out / "masks" / "a.png") as mask:
        assert mask.mode == "L"
        assert np.array(mask).tolist() == [[1, 1, 1, 1, 0, 0, 0, 0]] * 4
    assert moves == [(0, 2), (1, 2), (2, 2)]


def test_overlays_and_probabilities_are_written_where_they_are_wanted(pictures: Path, out: Path) -> None:
    save(pictures / "a.png", half_red())
    predict(pictures, Wanted(str(out), overlay=True, probabilities=True))
    assert files_in(out) == ["masks/a.png", "overlays/a.jpg", "probabilities/a.npy"]
    probabilities = np.load(out / "probabilities" / "a.npy", allow_pickle=False)
    assert (probabilities.dtype, probabilities.shape) == (np.dtype(np.float32), (2, 4, 8))
    assert probabilities[1].tolist() == [[1, 1, 1, 1, 0, 0, 0, 0]] * 4
    with Image.open(out / "overlays" / "a.jpg") as overlay:
        assert overlay.size == (8, 4)


def test_what_cannot_be_read_or_is_refused_is_left_out_and_told(pictures: Path, out: Path) -> None:
    save(pictures / "a.png", half_red())
    save(pictures / "black.png", np.zeros((4, 4, 3), np.uint8))
    (pictures / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    (pictures / "none.mp4").write_bytes(b"text")
    answer = predict(pictures, Wanted(str(out), probabilities=True))
    assert answer.pictures == 1
    assert [(Path(each.name).name, each.reason.split(" (")[0]) for each in answer.left_out] == [
        ("none.mp4", "is no video: give a whole MP4, QuickTime, AVI, Matroska or WebM file"),
        ("black.png", "a picture must have some light"),
        ("broken.jpg", "is truncated or damaged"),
    ]
    assert files_in(out) == ["masks/a.png", "probabilities/a.npy"]


def test_the_frames_of_a_video_become_masks_and_their_overlays_a_video(pictures: Path, out: Path) -> None:
    pictures.mkdir()
    write_video(pictures / "drive.avi", [plain(250), plain(60), plain(250), plain(60), plain(250)])
    moves: list[tuple[int, int]] = []
    answer = predict(pictures, Wanted(str(out), overlay=True, every=2), moves)
    assert answer == PredictionAnswer(3)
    numbers = ("000001", "000002", "000003")
    assert files_in(out) == [*(f"masks/drive/{number}.png" for number in numbers), "overlays/drive.webm"]
    for number in numbers:  # grey of 250 has much red
        assert np.array(Image.open(out / "masks" / "drive" / f"{number}.png")).min() == 1
    assert len(list(Video(out / "overlays" / "drive.webm", "drive").frames())) == 3
    assert moves == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_video_with_a_frame_that_is_refused_keeps_the_masks_before_it(pictures: Path, out: Path) -> None:
    pictures.mkdir()
    write_video(pictures / "drive.avi", [plain(250), plain(250), plain(0), plain(250)])
    answer = predict(pictures, Wanted(str(out), overlay=True))
    assert answer.pictures == 2
    assert [each.reason for each in answer.left_out] == ["a picture must have some light"]
    assert "overlays/drive.webm" not in files_in(out)
    assert {"masks/drive/000001.png", "masks/drive/000002.png"} <= set(files_in(out))
    assert "masks/drive/000003.png" not in files_in(out)
