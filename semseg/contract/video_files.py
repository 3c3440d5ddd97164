"""Which files are videos, by their names alone."""

from __future__ import annotations

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm")


def is_video(name: str) -> bool:
    """Returns whether a file of this name is read as a video."""
    return name.lower().endswith(VIDEO_SUFFIXES)
