"""The terms of a job's loss on PyTorch, each as a sum; :mod:`semseg.engines.loss_terms` says what divides them.

PyTorch's own losses are not deterministic on CUDA, or divide by what one process alone has seen.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from semseg.contract.hyperparameters import CROSS_ENTROPY, DICE, FOCAL, LOVASZ, OHEM
from semseg.contract.png_mask import IGNORE
from semseg.engines.jaccard_slopes import jaccard_slopes
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
        probabilities = logs.flatten(2).exp()
        slopes = _slopes(probabilities.detach(), masks.flatten(1))
        losses = (probabilities - (slopes < 0).float()) * slopes  # below 0 where the truth is that class
        return self._mean_over_classes(losses.sum(dim=2), slopes.amin(dim=2) < 0).sum()

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


def _slopes(probabilities: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Returns what :func:`semseg.engines.jaccard_slopes.jaccard_slopes` does, on the device, and waits for no GPU."""
    return (_slopes_by_numpy if probabilities.device.type == "cpu" else slopes_by_sorting)(probabilities, masks)


@torch.compiler.disable
def _slopes_by_numpy(probabilities: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(jaccard_slopes(probabilities.numpy(), masks.numpy()))


def slopes_by_sorting(probabilities: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Returns the slopes, (N, C, P) float32, of probabilities, (N, C, P) float32, and masks, (N, P) uint8."""
    pixels, classes = masks[:, None], torch.arange(probabilities.shape[1], device=masks.device)
    truth = pixels == classes[:, None]
    errors = (truth.float() - probabilities).abs().masked_fill(pixels == IGNORE, LAST)
    order = errors.sort(dim=2, descending=True, stable=True).indices
    inside = truth.gather(2, order)
    right = (truth.sum(dim=2, keepdim=True) - inside.cumsum(dim=2)).float()
    union = right + torch.arange(1, errors.shape[2] + 1, device=errors.device)
    slopes = torch.where(inside, -1, right / (union - 1).clamp(min=1)) / union.clamp(min=1)
    return torch.zeros_like(errors).scatter_(2, order, slopes)
