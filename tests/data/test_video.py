"""Videos are read frame by frame, and written whole."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest

from semseg.data.video import Video, VideoFile
from semseg.errors import ImageError
from tests.videos import plain, write_video

pytest.importorskip("cv2")


@pytest.mark.parametrize("name", ["a.mp4", "a.avi"])
def test_the_frames_come_in_their_order_and_colours(tmp_path: Path, name: str) -> None:
    red = np.zeros((48, 64, 3), np.uint8)
    red[:, :, 0] = 200
    video = Video(write_video(tmp_path / name, [red, plain(20), plain(120)]), name)
    first, second, third = video.frames()
    assert np.abs(first.astype(int) - red).max() < 12
    assert [round(float(frame.mean()) / 20) for frame in (second, third)] == [1, 6]
    assert (len(video), video.rate) == (3, 10)


def test_every_fifth_of_twelve_frames_are_three(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [plain(20 * number) for number in range(12)])
    video = Video(path, "a.mp4", every=5)
    assert [round(float(frame.mean()) / 20) for frame in video.frames()] == [0, 5, 10]
    assert (len(video), video.rate) == (3, 2)


@pytest.mark.parametrize(
    "content",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{path}\n#EXT-X-ENDLIST\n",  # which FFmpeg would follow
        "ffconcat version 1.0\nfile {path}\n",
        "",
    ],
)
def test_a_playlist_is_no_video(tmp_path: Path, content: str) -> None:
    inner = write_video(tmp_path / "inner.mp4", [plain(0)])
    (tmp_path / "a.mp4").write_text(content.format(path=inner))
    with pytest.raises(ImageError, match=r"^a\.mp4 is no video: give a whole MP4, QuickTime, AVI"):
        Video(tmp_path / "a.mp4", "a.mp4")


def test_the_beginning_of_a_video_is_told_to_be_damaged(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [plain(0)] * 5)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(ImageError, match="is damaged, or of a kind that OpenCV does not read"):
        Video(path, "a.mp4")


def test_what_is_no_file_is_told_why(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"cannot be read \(No such file or directory\)"):
        Video(tmp_path / "a.mp4", "a.mp4")


def test_a_written_video_has_the_frames_that_were_added(tmp_path: Path) -> None:
    with VideoFile(tmp_path / "a.webm", rate=5) as file:
        for number in range(4):
            assert not (tmp_path / "a.webm").exists()
            file.add(plain(60 * number))
    video = Video(tmp_path / "a.webm", "a.webm")
    assert [round(float(frame.mean()) / 60) for frame in video.frames()] == [0, 1, 2, 3]
    assert video.rate == 5
    assert [path.name for path in tmp_path.iterdir()] == ["a.webm"]


def test_a_video_that_is_not_written_to_its_end_is_not_there(tmp_path: Path) -> None:
    with contextlib.suppress(ZeroDivisionError), VideoFile(tmp_path / "a.webm", rate=5) as file:
        file.add(plain(0))
        _ = 1 // 0
    with VideoFile(tmp_path / "b.webm", rate=5):
        pass
    assert list(tmp_path.iterdir()) == []
