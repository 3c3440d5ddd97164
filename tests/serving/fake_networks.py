"""Networks for engine processes of tests; those that must be told something are told by files in FAKE_FOLDER."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np

from semseg.errors import ModelError
from tests.prediction.fake_network import BrightnessNetwork

FOLDER_VARIABLE = "FAKE_FOLDER"
SECONDS = 60  # to be held at most
AT_START = (40, 56)  # the size of what each network is asked before it is ready


def folder() -> Path:
    return Path(os.environ[FOLDER_VARIABLE])


class HeldNetwork(BrightnessNetwork):
    """Once it is ready it writes the size of each picture into the file "asked", and waits for the file "released"."""

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if size != AT_START:
            with (folder() / "asked").open("a") as file:
                file.write(f"{len(images)} x {size[0]} x {size[1]}\n")
            deadline = time.monotonic() + SECONDS
            while not (folder() / "released").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
        return super().mask(images, size)


class BrokenNetwork(BrightnessNetwork):
    """Fails at every picture that is 13 pixels high."""

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if size[0] == 13:
            raise RuntimeError("a secret of the machine")
        return super().mask(images, size)


class GreedyNetwork(BrightnessNetwork):
    """Finds no memory for pictures 13 pixels high, and says so in C++'s way for those 14 pixels high."""

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if size[0] == 13:
            raise MemoryError("no 13 pixels")
        if size[0] == 14:
            raise RuntimeError("std::bad_alloc")
        return super().mask(images, size)


class MortalNetwork(BrightnessNetwork):
    """Its process is killed by each picture 13 pixels high, and by the first one 14 pixels high."""

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if size[0] == 13 or (size[0] == 14 and not _seen("14 pixels")):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().mask(images, size)


class StoppingNetwork(BrightnessNetwork):
    """Its process hangs at the first picture 13 pixels high, as a stopped one does."""

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if size[0] == 13 and not _seen("13 pixels"):
            os.kill(os.getpid(), signal.SIGSTOP)
        return super().mask(images, size)


class FickleNetwork(BrightnessNetwork):
    """Answers several pictures in another way than one."""

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        answer = super().probabilities(images, size)
        return answer[:, ::-1] if len(images) > 1 else answer


class ColdNetwork(BrightnessNetwork):
    """Cannot be warmed up."""

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        raise RuntimeError("too cold")


class ManyClasses(BrightnessNetwork):
    """Knows 200 classes, and sees none of the last 198."""

    num_classes = 200

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return np.pad(super().probabilities(images, size), ((0, 0), (0, 198), (0, 0), (0, 0)))


class Unloadable(BrightnessNetwork):
    def __init__(self) -> None:
        raise ModelError("The model is not one")


class WithoutEngine(BrightnessNetwork):
    def __init__(self) -> None:
        raise ImportError("no engine here")


class EndlesslyLoading(BrightnessNetwork):
    def __init__(self) -> None:
        time.sleep(3600)


class LoadedOnRelease(BrightnessNetwork):
    """Writes the file "loading" and is loaded once there is the file "released"."""

    def __init__(self) -> None:
        super().__init__()
        (folder() / "loading").touch()
        while not (folder() / "released").exists():
            time.sleep(0.01)


class LoadedOnce(BrightnessNetwork):
    """Cannot be loaded a second time, and its process is killed by pictures 13 pixels high."""

    def __init__(self) -> None:
        super().__init__()
        if _seen("loaded"):
            raise ModelError("The model is gone")

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if size[0] == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().mask(images, size)


def _seen(name: str) -> bool:
    """Whether this was asked before, by whatever process."""
    mark = folder() / name
    if mark.exists():
        return True
    mark.touch()
    return False
