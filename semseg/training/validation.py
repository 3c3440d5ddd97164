"""The validation of a job: all processes of a group score their shares of the samples, and add up what they counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from semseg.contract.hyperparameters import Hyperparameters
from semseg.data.augmentation import CentreCrop
from semseg.data.dataset import NamedPasses
from semseg.engines.group import Group
from semseg.engines.network import Network
from semseg.prediction.scale import ScaleRule
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.training.batches import evaluation_batches
from semseg.training.evaluation import Scored, Seen, WholePictures, score_crops, score_pictures
from semseg.training.full_scoring import FullScores, score_fully
from semseg.training.stop_request import ScoringRounds

CountsT = TypeVar("CountsT", ConfusionMatrix, FullScores)


class Validation:
    """Scores a network on the validation samples, with all processes of a group.

    Args:
        network: has the parameters that are scored.
        hyperparameters: of the job.
        samples: that are scored.
        workers: threads that read.
        group: the processes that share the samples. All of them call each method.
        stop_asked: whether this process was asked to end the job.
    """

    def __init__(
        self,
        network: Network,
        hyperparameters: Hyperparameters,
        samples: NamedPasses,
        workers: int,
        group: Group,
        stop_asked: Callable[[], bool],
    ) -> None:
        self._network = network
        self._hyperparameters = hyperparameters
        self._samples = samples
        self._workers = workers
        self._group = group
        self._stop_asked = stop_asked
        scale = ScaleRule(hyperparameters.base_size, hyperparameters.aligned_sizes)
        self._pictures = WholePictures(samples, scale, workers, group, samples.name_of)

    def score(self, seen: Seen) -> ConfusionMatrix:
        """Scores the samples as after each epoch: as whole pictures, or their centre crops where
        ``validation_mini_batch_size`` is above 1.

        Args:
            seen: is called with what this process scores: each picture, or each batch of crops.

        Raises:
            StopAsked: in all processes, if one of them was asked to stop.
        """
        return self._together(seen, self._matrix)

    def score_fully(self, seen: Seen) -> FullScores:
        """Scores the samples as whole pictures in all that is said of the best model; otherwise as :meth:`score`."""
        way = self._hyperparameters.test_time_augmentation
        return self._together(seen, lambda seen: score_fully(self._network, self._pictures, seen, way))

    def _matrix(self, seen: Seen) -> ConfusionMatrix:
        size = self._hyperparameters.validation_mini_batch_size
        if size == 1:
            return score_pictures(self._network, self._pictures, seen)
        crop = CentreCrop(self._hyperparameters.rounded_crop_size)
        return score_crops(
            self._network, evaluation_batches(self._samples, crop, size, self._workers, self._group), seen
        )

    def _together(self, seen: Seen, score: Callable[[Seen], CountsT]) -> CountsT:
        """Lets this process score its share, and returns the counts over the whole group."""
        rounds = ScoringRounds(self._group, self._stop_asked)

        def seen_here(scored: Scored) -> None:
            seen(scored)
            rounds.after_batch()

        counts = score(seen_here)
        rounds.finish()
        counts.add_up(self._group.sum)
        return counts
