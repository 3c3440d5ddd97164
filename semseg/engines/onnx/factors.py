"""A convolution as a chain of narrower ones that gives nearly the same result on the pictures of one kind.

A *narrow* convolution of 1 x 1 first reduces the inputs to fewer channels, the convolution itself works on those and
gives fewer outputs, and a *wide* one of 1 x 1 makes all outputs of them. Which channels are kept follows from what the
layer really sees: the directions in which its inputs and outputs vary most. Source: Zhang, Zou, He and Sun,
"Accelerating very deep convolutional networks for classification and detection", 2016, sections 3.1 (the outputs'
principal components) and 3.3 (the product of the kept shares under a bound on operations).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STEP = 16  # ranks are multiples of it, as processors compute 8 or 16 channels at once
WIDEST = 2048  # channels of inputs that are narrowed; the work grows with the third power
RIDGE = 1e-3  # of the mean variance, added to each channel's: a channel may vary on other pictures more than on these
LEAST_SHARE = 1e-9
SEED = 1


class Moments:
    """The mean and the products of the channels of an array, gathered part by part.

    Args:
        channels: C.
    """

    def __init__(self, channels: int) -> None:
        self.count = 0
        self._sum = np.zeros(channels)
        self._products = np.zeros((channels, channels))

    def add(self, values: np.ndarray) -> None:
        """Takes in (C, P) float32, the channels at P places."""
        self.count += values.shape[1]
        self._sum += values.sum(axis=1, dtype=np.float64)
        self._products += values @ values.T

    @property
    def are_many(self) -> bool:
        """Whether there were at least as many places as channels; with fewer, directions that vary look as if they did
        not.
        """
        return self.count >= len(self._sum)

    @property
    def mean(self) -> np.ndarray:
        """(C,) float64."""
        return self._sum / self.count

    @property
    def products(self) -> np.ndarray:
        """The means of the products of two channels each, (C, C) float64."""
        return self._products / self.count

    @property
    def covariance(self) -> np.ndarray:
        """(C, C) float64."""
        return self.products - np.outer(self.mean, self.mean)

    @property
    def variance(self) -> float:
        """That of all channels together."""
        return float(np.trace(self.covariance))


@dataclass(frozen=True, eq=False)
class Reduction:
    """Fewer channels in place of C: with rank r, ``up[:, :r] @ down[:r] @ (x - centre) + centre`` is nearly ``x``.

    Attributes:
        lost: (C + 1,), the share of the result's variance that is lost at each rank; 0 at rank C.
        down: (C, C), its first rows.
        up: (C, C), its first columns.
        centre: (C,).
    """

    lost: np.ndarray
    down: np.ndarray
    up: np.ndarray
    centre: np.ndarray

    def at(self, rank: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Returns the factors down, (r, C), and up, (C, r), and what to add, (C,).

        Both are turned by a matrix of equal parts. That changes nothing in their product, and lets all r channels vary
        alike: in INT8 they share one range.
        """
        turn = np.linalg.qr(np.random.default_rng(SEED).standard_normal((rank, rank)))[0]
        down, up = turn @ self.down[:rank], self.up[:, :rank] @ turn.T
        return down, up, self.centre - up @ (down @ self.centre)


def reduced_sides(weight: np.ndarray) -> tuple[bool, bool]:
    """Returns whether the inputs, and whether the outputs, of a convolution (O, I, k, k) may be reduced.

    Of a kernel of 1 x 1 it is the side with fewer channels: to reduce the other as well would save nothing.
    """
    outputs, inputs, height, width = weight.shape
    if height == width == 1:
        return STEP < inputs < outputs, STEP < outputs <= inputs
    return outputs > STEP and STEP < inputs <= WIDEST, outputs > STEP


def reduced_outputs(outputs: Moments) -> Reduction:
    """Returns the reduction of a layer's outputs to their principal components."""
    values, vectors = _descending(outputs.covariance)
    return Reduction(_lost(values, values.sum()), vectors.T, vectors, outputs.mean)


def reduced_inputs(weight: np.ndarray, inputs: Moments, variance: float | None = None) -> Reduction:
    """Returns the reduction of a layer's inputs that changes its outputs least; places beside each other are taken as
    independent.

    Args:
        weight: (O, I, k, k).
        variance: of all outputs together; None takes that of a kernel of 1 x 1, which the inputs determine. Only then
            is the mean of the inputs left out of the reduction, as padding is not the mean.
    """
    centred = variance is None
    products = inputs.covariance if centred else inputs.products
    channels = len(products)
    products = products + np.eye(channels) * (RIDGE * np.trace(products) / channels + np.finfo(np.float32).tiny)
    root = np.linalg.cholesky(products)
    rows = weight.transpose(0, 2, 3, 1).reshape(-1, channels).astype(np.float64)
    values, vectors = _descending(root.T @ (rows.T @ rows) @ root)
    total = values.sum() if variance is None else max(variance, LEAST_SHARE * values.sum())
    centre = inputs.mean if centred else np.zeros(channels)
    return Reduction(_lost(values, total), np.linalg.solve(root.T, vectors).T, root @ vectors, centre)


@dataclass(frozen=True)
class Ranks:
    """How many channels a convolution works on: of its inputs, and of its outputs; None keeps all."""

    inputs: int | None = None
    outputs: int | None = None


@dataclass(frozen=True, eq=False)
class Part:
    """One convolution of a chain: weight (O, I, k, k), and bias (O,) or None, both float32."""

    weight: np.ndarray
    bias: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Chain:
    """What a convolution becomes; ``narrow`` and ``wide`` have a kernel of 1 x 1."""

    narrow: Part | None
    middle: Part
    wide: Part | None


class Factoring:
    """One convolution, and what is known of its inputs and outputs.

    Args:
        weight: (O, I, k, k).
        bias: (O,).
        inputs: the reduction of its inputs; None where they are not reduced.
        outputs: the same of its outputs.
        places: how many a picture has, of its inputs and of its outputs.
    """

    def __init__(
        self,
        weight: np.ndarray,
        bias: np.ndarray,
        inputs: Reduction | None,
        outputs: Reduction | None,
        places: tuple[float, float],
    ) -> None:
        self.weight, self.bias = weight, bias
        self.inputs, self.outputs = inputs, outputs
        self.places = places
        self._narrow, self._wide = _candidates(inputs), _candidates(outputs)
        self._lost = _loss(inputs, self._narrow)[:, np.newaxis] + _loss(outputs, self._wide)
        self._operations = self._operations_of(self._narrow, self._wide)

    @property
    def operations(self) -> float:
        """Multiplications for a picture, unfactored."""
        return float(self.weight.size * self.places[1])

    def ranks(self, price: float) -> Ranks:
        """Returns the ranks of the least sum of what is lost and of what is paid.

        Lost is minus the logarithm of the share of the variance that is kept, paid is ``price`` for each operation.
        """
        row, column = np.unravel_index(np.argmin(self._lost + price * self._operations), self._lost.shape)
        return Ranks(int(self._narrow[row]) or None, int(self._wide[column]) or None)

    def operations_with(self, ranks: Ranks) -> float:
        """Returns the multiplications for a picture with these ranks."""
        return float(self._operations_of(np.array([ranks.inputs or 0]), np.array([ranks.outputs or 0]))[0, 0])

    def chain(self, ranks: Ranks) -> Chain:
        """Returns the convolutions that the layer becomes with these ranks."""
        weight, bias = self.weight.astype(np.float64), self.bias.astype(np.float64)
        narrow = wide = None
        if ranks.inputs is not None:
            assert self.inputs is not None
            down, up, offset = self.inputs.at(ranks.inputs)
            narrow = _part(down[:, :, np.newaxis, np.newaxis])
            bias = bias + weight.sum(axis=(2, 3)) @ offset
            weight = np.moveaxis(np.tensordot(weight, up, axes=(1, 0)), -1, 1)
        if ranks.outputs is not None:
            assert self.outputs is not None
            down, up, offset = self.outputs.at(ranks.outputs)
            wide = _part(up[:, :, np.newaxis, np.newaxis], up @ (down @ bias) + offset)
            return Chain(narrow, _part(np.tensordot(down, weight, axes=(1, 0))), wide)
        return Chain(narrow, _part(weight, bias), None)

    def _operations_of(self, narrow: np.ndarray, wide: np.ndarray) -> np.ndarray:
        """Returns the multiplications of all pairs of ranks, of which 0 keeps all channels."""
        outputs, inputs, height, width = self.weight.shape
        rows, columns = narrow[:, np.newaxis], wide[np.newaxis]
        kept = np.where(rows == 0, inputs, rows) * np.where(columns == 0, outputs, columns)
        before, after = self.places
        return rows * inputs * before + kept * height * width * after + columns * outputs * after


def _part(weight: np.ndarray, bias: np.ndarray | None = None) -> Part:
    return Part(weight.astype(np.float32), None if bias is None else bias.astype(np.float32))


def _candidates(reduction: Reduction | None) -> np.ndarray:
    """Returns the ranks that may be taken; 0 keeps all channels."""
    return np.arange(0, 1 if reduction is None else len(reduction.centre), STEP)


def _loss(reduction: Reduction | None, ranks: np.ndarray) -> np.ndarray:
    if reduction is None:
        return np.zeros(len(ranks))
    kept = np.maximum(1 - reduction.lost[ranks], LEAST_SHARE)
    return np.asarray(np.where(ranks == 0, 0.0, -np.log(kept)))


def _descending(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the eigenvalues of a symmetric matrix, the largest first, and its eigenvectors as columns."""
    values, vectors = np.linalg.eigh(matrix.astype(np.float32))
    return np.maximum(values[::-1], 0).astype(np.float64), vectors[:, ::-1].astype(np.float64)


def _lost(values: np.ndarray, total: float) -> np.ndarray:
    """Returns the share of ``total`` that the values from each rank on make up."""
    tails = np.append(np.cumsum(values[::-1])[::-1], 0.0)
    return np.asarray(tails / total if total else np.zeros(len(tails)))
