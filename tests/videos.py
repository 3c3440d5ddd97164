"""Small videos for tests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest


def write_video(path: Path, frames: Iterable[np.ndarray], rate: float = 10) -> Path:
    """Writes frames, (H, W, 3) uint8 RGB, as the suffix of the path says; JPEG in AVI, else MPEG-4."""
    cv2 = pytest.importorskip("cv2")
    frames = list(frames)
    code = cv2.VideoWriter_fourcc(*("MJPG" if path.suffix == ".avi" else "mp4v"))
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, rate, (frames[0].shape[1], frames[0].shape[0]))
    for frame in frames:
        writer.write(np.ascontiguousarray(frame[:, :, ::-1]))
    writer.release()
    return path


def plain(value: int, width: int = 64, height: int = 48) -> np.ndarray:
    """A frame of one grey."""
    return np.full((height, width, 3), value, np.uint8)
