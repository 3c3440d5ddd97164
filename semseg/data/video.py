"""Reads the frames of videos, and writes videos, by OpenCV and the FFmpeg in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from semseg.data.pictures.picture_limits import SizeLimit
from semseg.errors import ImageError, PlatformError
from semseg.plumbing.regular_file import open_regular
from semseg.plumbing.whole_file import part_of

WRITTEN_SUFFIX = ".webm"
_CODEC = "VP80"  # of those that OpenCV writes the fastest that browsers play
_USUAL_RATE = 25.0  # frames per second, of a video that does not say
_MOST_FRAMES_PER_SECOND = 1000.0

# How the containers begin that are read. FFmpeg would take playlists, too, and open what they name: other files, hosts.
_STARTS_AT_4 = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide")  # MP4 and QuickTime
_MATROSKA = b"\x1a\x45\xdf\xa3"  # WebM, too
_START_BYTES = 12


class Video:
    """The frames of a video file, decoded one after the other.

    Args:
        path: of the file.
        name: what an error calls it.
        every: take every so many frames, from the first one on.

    Attributes:
        rate: frames per second, of those that are taken.

    Raises:
        ImageError: it is no video that can be read, or its frames are too large.
        PlatformError: OpenCV is not installed.
    """

    def __init__(self, path: Path, name: str, every: int = 1) -> None:
        self.path = path
        self.name = name
        self.every = every
        self._check_start()
        with self._opened() as capture:
            cv2 = _opencv()
            width, height, told, rate = (
                capture.get(what)
                for what in (
                    *(cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT),
                    *(cv2.CAP_PROP_FRAME_COUNT, cv2.CAP_PROP_FPS),
                )
            )
        SizeLimit().check(int(width), int(height), name)
        self.rate = (rate if 0 < rate < _MOST_FRAMES_PER_SECOND else _USUAL_RATE) / every
        self._told = max(0, int(told))

    def __len__(self) -> int:
        """Returns how many frames are taken of those that the file says it has; 0 where it does not say."""
        return len(range(0, self._told, self.every))

    def frames(self) -> Iterator[np.ndarray]:
        """Yields the frames, (H, W, 3) uint8 RGB.

        Raises:
            ImageError: not even the first can be read.
        """
        with self._opened() as capture:
            number = 0
            while capture.grab():
                if number % self.every == 0:
                    yield self._frame(capture)
                number += 1
        if number == 0:
            raise self._unreadable("has no frame that can be read")

    def _frame(self, capture: Any) -> np.ndarray:
        is_found, frame = capture.retrieve()
        if not is_found:
            raise self._unreadable("has a frame that cannot be read")
        return np.ascontiguousarray(frame[:, :, ::-1])

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        cv2 = _opencv()
        capture = cv2.VideoCapture(str(self.path.absolute()), cv2.CAP_FFMPEG)
        try:
            if not capture.isOpened():
                raise self._unreadable("is damaged, or of a kind that OpenCV does not read")
            yield capture
        finally:
            capture.release()

    def _check_start(self) -> None:
        try:
            with open_regular(self.path) as file:
                start = file.read(_START_BYTES)
        except OSError as error:
            raise self._unreadable(f"cannot be read ({error.strerror})") from error
        is_avi = start.startswith(b"RIFF") and start[8:] == b"AVI "
        if not (is_avi or start.startswith(_MATROSKA) or start[4:8] in _STARTS_AT_4):
            raise self._unreadable("is no video")

    def _unreadable(self, fault: str) -> ImageError:
        way_out = "give a whole MP4, QuickTime, AVI, Matroska or WebM file"
        return ImageError.of(self.name, fault, way_out, "unreadable-video")


class VideoFile:
    """Writes frames of one size into a WebM file, in VP8. Used in a ``with`` block, at whose end the file appears,
    whole; without a frame, or if the block raises, there is none.

    Args:
        path: of the file, which ends in ``.webm``; its folder must be there.
        rate: frames per second.
    """

    def __init__(self, path: Path, rate: float) -> None:
        self.path = path
        self.rate = rate
        self._part = part_of(path) / path.name  # OpenCV goes by the suffix
        self._writer: Any = None

    def __enter__(self) -> VideoFile:
        self._part.parent.mkdir()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.release()
            if kind is None:
                os.replace(self._part, self.path)
        self._part.unlink(missing_ok=True)
        self._part.parent.rmdir()

    def add(self, frame: np.ndarray) -> None:
        """Appends a frame, (H, W, 3) uint8 RGB.

        Raises:
            PlatformError: this OpenCV writes no such video.
        """
        if self._writer is None:
            self._writer = self._opened(frame.shape[1], frame.shape[0])
        self._writer.write(np.ascontiguousarray(frame[:, :, ::-1]))

    def _opened(self, width: int, height: int) -> Any:
        cv2 = _opencv()
        code = cv2.VideoWriter_fourcc(*_CODEC)
        writer = cv2.VideoWriter(str(self._part), cv2.CAP_FFMPEG, code, self.rate, (width, height))
        if not writer.isOpened():
            raise PlatformError("OpenCV here writes no WebM video: ask for masks alone, without overlays")
        return writer


def _opencv() -> Any:
    try:
        import cv2
    except ImportError as error:
        raise PlatformError(
            f"OpenCV, which reads videos, cannot be imported ({error}): pip install opencv-python-headless"
        ) from error
    return cv2
