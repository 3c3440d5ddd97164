"""The terms of a job's loss on PyTorch, each as a sum; :mod:`semseg.engines.loss_terms` says what divides them.

PyTorch's own losses are not deterministic on CUDA, or divide by what one process alone has seen.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from semseg.contract.hyperparameters import CROSS_ENTROPY, DICE, FOCAL, LOVASZ, OHEM
from semseg.contract.png_mask import IGNORE
from semseg.engines.loss_terms import FOCUS, HARD_SHARE, LossTerms

LAST = -1.0  # in place of an error, which is at least 0: sorts what is ignored behind all that is labelled


class TermSums:
    """Adds up each term of a loss over the labelled pixels, or over the samples that have some.

    Args:
        terms: of the job.
        device: of the scores.
    """

    def __init__(self, terms: LossTerms, device: torch.device) -> None:
        self._names = terms.names
        self._smoothing = terms.label_smoothing
        self._weights = torch.tensor(terms.class_weights, device=device) if terms.class_weights else None
        self._classes = torch.arange(terms.num_classes, device=device)
        self._of = {
            CROSS_ENTROPY: self._cross_entropy,
            FOCAL: self._focal,
            OHEM: self._ohem,
            DICE: self._dice,
            LOVASZ: self._lovasz,
        }

    def __call__(self, scores: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """Returns the sum of each term, (T,) float32.

        Args:
            scores: (N, C, H, W) float32.
            masks: (N, H, W) uint8, class per pixel, 255 = ignore.
        """
        logs = functional.log_softmax(scores, dim=1)
        return torch.stack([self._of[name](logs, masks) for name in self._names])

    def _cross_entropy(self, logs: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        return self._pixel_losses(logs, masks).sum()

    def _focal(self, logs: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        labelled, classes = _labels(masks)
        of_truth = _of_classes(logs, classes)
        missing = -torch.expm1(of_truth)  # 1 - p
        return -(self._weighted(missing**FOCUS * of_truth, classes) * labelled).sum()

    def _ohem(self, logs: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """Returns the losses of the hardest quarter of each sample's pixels; of equal ones those that come first."""
        labelled = (masks != IGNORE).flatten(1).sum(dim=1, keepdim=True)
        losses = self._pixel_losses(logs, masks).flatten(1).sort(dim=1, descending=True, stable=True).values
        ranks = torch.arange(losses.shape[1], device=losses.device)
        return (losses * (ranks * HARD_SHARE < labelled)).sum()

    def _dice(self, logs: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        probabilities, truth, labelled = self._by_class(logs, masks)
        overlap, pixels = (probabilities * truth).sum(dim=2), truth.sum(dim=2)
        # at least 1 where the class is there, and else it does not count
        both = ((probabilities * labelled).sum(dim=2) + pixels).clamp(min=1)
        return self._mean_over_classes(1 - 2 * overlap / both, pixels > 0).sum()

    def _lovasz(self, logs: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        probabilities, truth, labelled = self._by_class(logs, masks)
        errors = (truth.float() - probabilities).abs()
        slopes = _jaccard_slopes(errors.detach().masked_fill(~labelled, LAST), truth)
        return self._mean_over_classes((errors * slopes).sum(dim=2), truth.any(dim=2)).sum()

    def _pixel_losses(self, logs: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """Returns the weighted cross entropy of each pixel, (N, H, W); 0 where it is ignored."""
        labelled, classes = _labels(masks)
        losses = self._weighted(-_of_classes(logs, classes), classes)
        if self._smoothing:
            spread = -logs if self._weights is None else -logs * self._weights[:, None, None]
            losses = (1 - self._smoothing) * losses + self._smoothing / len(self._classes) * spread.sum(dim=1)
        return losses * labelled

    def _weighted(self, losses: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        return losses if self._weights is None else losses * self._weights[classes]

    def _by_class(self, logs: torch.Tensor, masks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Returns the probabilities, (N, C, P), where the truth is that class, (N, C, P), and where there is a label,
        (N, 1, P).
        """
        pixels = masks.flatten(1)[:, None]
        return logs.flatten(2).exp(), pixels == self._classes[:, None], pixels != IGNORE

    def _mean_over_classes(self, losses: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """Returns the weighted mean of the losses, (N, C), over the classes that are present; 0 without any."""
        weights = present.float() if self._weights is None else present * self._weights
        whole = weights.sum(dim=1)
        return (losses * weights).sum(dim=1) / torch.where(whole > 0, whole, 1.0)


def _labels(masks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns where a pixel has a label, and its class, int64, 0 where it has none; both (N, H, W)."""
    labelled = masks != IGNORE
    return labelled, (masks * labelled).long()


def _of_classes(logs: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Returns the value of each pixel's class, (N, H, W)."""
    return logs.gather(1, classes[:, None])[:, 0]


def _jaccard_slopes(errors: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Returns by how much the Jaccard loss of a class grows with each pixel, (N, C, P), when they are taken from the
    greatest error to the smallest; of equal errors those that come first. 0 where all of the class went before, and so
    where a pixel is ignored, whose error is the smallest, or the class is absent.

    The loss is 1 - I / U, with I pixels of the class that are still right, and U pixels that have the class or are
    given it. A pixel of the class takes 1 from I and adds 1 / U; another one, which U counts by then, adds
    I / (U (U - 1)).
    """
    order = errors.sort(dim=2, descending=True, stable=True).indices
    inside, pixels = truth.gather(2, order), truth.sum(dim=2, keepdim=True)
    left = pixels - inside.cumsum(dim=2)
    union = (pixels + (~inside).cumsum(dim=2)).to(errors.dtype)
    slopes = inside / union.clamp(min=1) + ~inside * left / (union * (union - 1)).clamp(min=1)
    return torch.zeros_like(errors).scatter_(2, order, slopes)
