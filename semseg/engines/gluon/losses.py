"""The terms of a job's loss on MXNet, each as a sum; :mod:`semseg.engines.loss_terms` says what divides them."""

from __future__ import annotations

from typing import Any

import mxnet as mx
import numpy as np
from mxnet import gluon

from semseg.contract.hyperparameters import CROSS_ENTROPY, DICE, FOCAL, LOVASZ, OHEM
from semseg.contract.png_mask import IGNORE
from semseg.engines.jaccard_slopes import jaccard_slopes
from semseg.engines.loss_terms import FOCUS, HARD_SHARE, LossTerms

SLOPES = "semseg_jaccard_slopes"  # the name of the operator


class LossSums(gluon.HybridBlock):
    """The network together with its loss, which one device computes in a step.

    Each term is a sum, over the labelled pixels or over the samples, so that shards add up to exactly the whole batch
    however their labelled pixels are spread.

    Args:
        network: gives scores, and those of its auxiliary head if it has one.
        terms: of the job.
        aux_weight: what the auxiliary loss counts.
        devices: on which the step runs.
    """

    def __init__(
        self, network: gluon.HybridBlock, terms: LossTerms, aux_weight: float, devices: list[mx.Context]
    ) -> None:
        super().__init__()
        self.network = network
        self.terms = terms
        self.aux_weight = aux_weight
        if terms.class_weights:
            weights = np.array(terms.class_weights, np.float32)
            self.class_weights = self.params.get_constant("class_weights", mx.nd.array(weights))
            self.class_weights.initialize(ctx=devices)

    def hybrid_forward(self, F: Any, images: Any, masks: Any, class_weights: Any = None) -> Any:
        """Returns the sum of each term, (T,), of images, (N, 3, H, W) float32, and class ids, (N, H, W) float32, 255 =
        ignore.
        """
        scores = self.network(images)
        if not self.network.aux:
            return self._sums(F, scores, masks, class_weights)
        auxiliary = self._sums(F, scores[1], masks, class_weights)
        return self._sums(F, scores[0], masks, class_weights) + self.aux_weight * auxiliary

    def _sums(self, F: Any, scores: Any, masks: Any, class_weights: Any) -> Any:
        of = TermSums(F, self.terms, class_weights)
        logs = F.log_softmax(scores, axis=1)
        sums = [of.sum(name, logs, masks) for name in self.terms.names]
        return sums[0] if len(sums) == 1 else F.concat(*sums, dim=0)


class TermSums:
    """Adds up each term of a loss over the labelled pixels, or over the samples that have some.

    Args:
        F: MXNet's functions on arrays or on symbols.
        terms: of the job.
        class_weights: as an array or a symbol, (C,); None where all classes count 1.
    """

    def __init__(self, F: Any, terms: LossTerms, class_weights: Any = None) -> None:
        self._F = F
        self._terms = terms
        self._weights = class_weights
        self._of = {
            CROSS_ENTROPY: self._cross_entropy,
            FOCAL: self._focal,
            OHEM: self._ohem,
            DICE: self._dice,
            LOVASZ: self._lovasz,
        }

    def sum(self, name: str, logs: Any, masks: Any) -> Any:
        """Returns the sum of a term, (1,), of the logarithms of the probabilities, (N, C, H, W)."""
        return self._of[name](logs, masks)

    def _cross_entropy(self, logs: Any, masks: Any) -> Any:
        return self._F.sum(self._pixel_losses(logs, masks))

    def _focal(self, logs: Any, masks: Any) -> Any:
        labelled = masks != IGNORE
        of_truth = self._F.pick(logs, masks * labelled, axis=1)
        missing = -self._F.expm1(of_truth)  # 1 - p
        return -self._F.sum(self._weighted(missing**FOCUS * of_truth, masks * labelled) * labelled)

    def _ohem(self, logs: Any, masks: Any) -> Any:
        """Returns the losses of the hardest quarter of each sample's pixels; of equal ones those that come first."""
        F = self._F
        losses = F.flatten(self._pixel_losses(logs, masks))
        labelled = F.sum(F.flatten(masks != IGNORE), axis=1, keepdims=True)
        ranks = F.expand_dims(F.contrib.arange_like(losses, axis=1), 0)
        hard = F.broadcast_lesser(ranks * HARD_SHARE, labelled)
        return F.sum(F.gather_nd(losses, _descending(F, F.BlockGrad(losses))) * hard)

    def _dice(self, logs: Any, masks: Any) -> Any:
        F = self._F
        probabilities, truth, labelled = self._by_class(logs, masks)
        overlap, pixels = F.sum(probabilities * truth, axis=2), F.sum(truth, axis=2)
        # at least 1 where the class is there, and else it does not count
        both = F.maximum(F.sum(F.broadcast_mul(probabilities, labelled), axis=2) + pixels, 1)
        return F.sum(self._mean_over_classes(1 - 2 * overlap / both, pixels > 0))

    def _lovasz(self, logs: Any, masks: Any) -> Any:
        F = self._F
        probabilities = F.reshape(F.exp(logs), (0, 0, -1))
        slopes = F.BlockGrad(F.Custom(F.BlockGrad(probabilities), F.flatten(masks), op_type=SLOPES))
        losses = F.sum((probabilities - (slopes < 0)) * slopes, axis=2)  # below 0 where the truth is that class
        return F.sum(self._mean_over_classes(losses, F.min(slopes, axis=2) < 0))

    def _pixel_losses(self, logs: Any, masks: Any) -> Any:
        """Returns the weighted cross entropy of each pixel, (N, H, W); 0 where it is ignored."""
        labelled = masks != IGNORE
        classes = masks * labelled
        losses = self._weighted(-self._F.pick(logs, classes, axis=1), classes)
        smoothing = self._terms.label_smoothing
        if smoothing:
            spread = self._F.sum(self._weighted_by_class(-logs), axis=1)
            losses = (1 - smoothing) * losses + smoothing / self._terms.num_classes * spread
        return losses * labelled

    def _weighted(self, losses: Any, classes: Any) -> Any:
        return losses if self._weights is None else losses * self._F.take(self._weights, classes)

    def _weighted_by_class(self, values: Any) -> Any:
        """Returns values, (N, C, H, W), times what their class weighs."""
        if self._weights is None:
            return values
        return self._F.broadcast_mul(values, self._F.reshape(self._weights, (1, -1, 1, 1)))

    def _by_class(self, logs: Any, masks: Any) -> tuple[Any, Any, Any]:
        """Returns the probabilities, (N, C, P), where the truth is that class, (N, C, P), and where there is a label,
        (N, 1, P).
        """
        F = self._F
        pixels = F.flatten(masks)
        truth = F.transpose(F.one_hot(pixels, self._terms.num_classes), (0, 2, 1))
        return F.reshape(F.exp(logs), (0, 0, -1)), truth, F.expand_dims(pixels != IGNORE, 1)

    def _mean_over_classes(self, losses: Any, present: Any) -> Any:
        """Returns the weighted mean of the losses, (N, C), over the classes that are present; 0 without any."""
        F = self._F
        weights = present if self._weights is None else F.broadcast_mul(present, F.expand_dims(self._weights, 0))
        whole = F.sum(weights, axis=1)
        return F.sum(losses * weights, axis=1) / (whole + (whole == 0))


def _descending(F: Any, values: Any) -> Any:
    """Returns the places, (2, R, P) int32, of the values of each row, (R, P), from the greatest to the smallest; of
    equal ones that which comes first, which MXNet's own sorting does not promise.

    In float64, a value of float32 can be made so little smaller the later it comes that none meets another value.
    """
    exact = F.cast(values, "float64") + 1e-60  # so that zeros become smaller too
    later = F.expand_dims(1 - F.contrib.arange_like(exact, axis=1) * 2.0**-51, 0)
    order = F.argsort(F.broadcast_mul(exact, later), axis=1, is_ascend=False, dtype="int32")
    rows = F.broadcast_like(F.expand_dims(F.contrib.arange_like(values, axis=0), 1), values)
    return F.stack(F.cast(rows, "int32"), order)


class JaccardSlopes(mx.operator.CustomOp):
    """Computes :func:`semseg.engines.jaccard_slopes.jaccard_slopes` on the processor, whatever the device."""

    def forward(self, is_train: bool, req: list[str], in_data: list[Any], out_data: list[Any], aux: list[Any]) -> None:
        probabilities, masks = (array.asnumpy() for array in in_data)
        self.assign(out_data[0], req[0], jaccard_slopes(probabilities, masks.astype(np.uint8)))


@mx.operator.register(SLOPES)
class JaccardSlopesProperties(mx.operator.CustomOpProp):
    """Tells MXNet of :class:`JaccardSlopes`, which has no gradient."""

    def __init__(self) -> None:
        super().__init__(need_top_grad=False)

    def list_arguments(self) -> list[str]:
        return ["probabilities", "masks"]

    def infer_shape(self, shapes: list[list[int]]) -> tuple[list[list[int]], list[list[int]], list[list[int]]]:
        return shapes, [shapes[0]], []

    def create_operator(self, context: str, shapes: list[list[int]], dtypes: list[type]) -> JaccardSlopes:
        return JaccardSlopes()
