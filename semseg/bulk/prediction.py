"""Pictures and videos become files, in their order; several are under way at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np

from semseg.bulk.answers import Answer, Answers
from semseg.bulk.mask_files import MaskFiles
from semseg.bulk.pictures import NamedSource, is_a_video, sources_of
from semseg.contract.prediction_request import Given, LeftOut, PredictionAnswer
from semseg.data.video import WRITTEN_SUFFIX, Video, VideoFile
from semseg.errors import ImageError, RequestError
from semseg.plumbing.ordered_map import ordered_map

Moved = Callable[[int, int], None]  # is told how many pictures are done, and of how many


class Prediction:
    """Predicts what is given, and leaves out what cannot be read or is refused.

    Args:
        answers: who turns pictures into masks.
        files: where they go.
        moved: told of every picture.
    """

    def __init__(self, answers: Answers, files: MaskFiles, moved: Moved) -> None:
        self._answers = answers
        self._files = files
        self._moved = moved
        self._total = 0
        self._seen = 0
        self._written = 0
        self._left_out: list[LeftOut] = []

    def run(self, given: Sequence[Given]) -> PredictionAnswer:
        """Predicts pictures and videos: the pictures first.

        Raises:
            PlatformError: whoever answers cannot go on, or a file cannot be written.
        """
        pictures = [each for each in given if not is_a_video(each)]
        self._total = len(pictures)
        opened = [(each, video) for each in given if is_a_video(each) and (video := self._opened(each)) is not None]
        self._total += sum(len(video) for _, video in opened)
        self._moved(0, self._total)
        with closing(ordered_map(self._picture, pictures, self._answers.workers)) as results:
            for left_out in results:
                self._count(left_out)
        for each, video in opened:
            self._video(each, video)
        return PredictionAnswer(self._written, tuple(self._left_out))

    def _picture(self, given: Given) -> LeftOut | None:
        try:
            answer = self._write(NamedSource(given.name, Path(given.path)))
        except (ImageError, RequestError) as error:
            return _left_out(given, error)
        self._files.write_overlay(given.name, answer)
        return None

    def _write(self, named: NamedSource) -> Answer:
        with self._files.room(named.name) as room:
            answer = self._answers.answer(named.source, room)
        self._files.write_mask(named.name, answer.mask)
        return answer

    def _opened(self, given: Given) -> Video | None:
        try:
            return Video(Path(given.path), given.path, self._files.wanted.every)
        except ImageError as error:
            self._left_out.append(_left_out(given, error))
            return None

    def _video(self, given: Given, video: Video) -> None:
        """Predicts the frames of a video; the masks of those before one that cannot be used stay."""
        try:
            with ExitStack() as stack:
                sources = stack.enter_context(closing(sources_of(video, given.name)))
                frames = stack.enter_context(closing(ordered_map(self._frame, sources, self._answers.workers)))
                laid_over = self._laid_over(given, video, stack)
                for frame in frames:
                    self._count(None)
                    if laid_over is not None:
                        laid_over.add(frame)
        except (ImageError, RequestError) as error:
            self._count(_left_out(given, error))

    def _laid_over(self, given: Given, video: Video, stack: ExitStack) -> VideoFile | None:
        """Returns the video that gets the overlays of another one, where they are wanted."""
        if not self._files.wanted.overlay:
            return None
        return stack.enter_context(VideoFile(self._files.video(given.name, WRITTEN_SUFFIX), video.rate))

    def _frame(self, named: NamedSource) -> np.ndarray:
        """Writes the files of a frame; returns it with its overlay where that is wanted."""
        answer = self._write(named)
        return self._files.overlay(answer) if self._files.wanted.overlay else answer.image

    def _count(self, left_out: LeftOut | None) -> None:
        self._seen += 1
        if left_out is None:
            self._written += 1
        else:
            self._left_out.append(left_out)
        self._moved(self._seen, max(self._total, self._seen))


def _left_out(given: Given, error: ImageError | RequestError) -> LeftOut:
    """Returns what is told of a picture; its path is not told twice."""
    return LeftOut(given.path, str(error).removeprefix(f"{given.path} "))
