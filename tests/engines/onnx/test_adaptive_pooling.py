from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from onnx import helper

from semseg.engines.onnx.adaptive_pooling import pool
from semseg.engines.onnx.builder import FLOAT, GraphBuilder


def pooled(values: np.ndarray, bins: int) -> np.ndarray:
    """(N, C, h, w) float32 to (N, C, bins, bins), by a graph of the pooling alone."""
    graph = GraphBuilder({})
    graph.add("Identity", [pool(graph, "x", bins)], "pooled")
    model = graph.model(
        [helper.make_tensor_value_info("x", FLOAT, ["n", "c", "h", "w"])],
        [helper.make_tensor_value_info("pooled", FLOAT, ["n", "c", bins, bins])],
        "pooling",
    )
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (answer,) = session.run(None, {"x": values})
    return np.asarray(answer)


def test_three_bins_of_seven_pixels_overlap_by_one() -> None:
    # of 7 pixels the bins are those from 0 to 2, 2 to 4 and 4 to 6
    row = np.array([1, 2, 3, 4, 5, 6, 100], np.float32)
    assert pooled(np.tile(row, (1, 1, 3, 1)), 3)[0, 0].tolist() == [[2, 4, 37]] * 3


def test_rows_are_pooled_as_columns_are() -> None:
    column = np.array([1, 2, 3, 4, 5, 6, 100], np.float32)[:, np.newaxis]
    assert pooled(np.tile(column, (1, 1, 1, 2)), 2)[0, 0].tolist() == [[2.5, 2.5], [28.75, 28.75]]


def test_a_side_that_divides_has_bins_side_by_side() -> None:
    row = np.array([1, 3, 5, 7, 9, 11], np.float32)
    assert pooled(np.tile(row, (1, 1, 3, 1)), 3)[0, 0].tolist() == [[2, 6, 10]] * 3


def test_a_side_shorter_than_the_bins_is_repeated() -> None:
    # of 2 pixels the six bins are 0, 0, 0, 1, 1, 1, and of 4 the bins 0, 0-1, 1, 2, 2-3, 3
    row = np.array([2, 4, 6, 8], np.float32)
    assert pooled(np.tile(row, (1, 1, 2, 1)), 6)[0, 0].tolist() == [[2, 3, 4, 6, 7, 8]] * 6


def test_one_bin_is_the_mean() -> None:
    assert pooled(np.arange(12, dtype=np.float32).reshape(1, 1, 3, 4), 1).tolist() == [[[[5.5]]]]


@pytest.mark.parametrize("bins", [2, 3, 6])
def test_every_channel_and_picture_is_pooled_by_itself(bins: int) -> None:
    values = np.random.default_rng(0).random((2, 3, 11, 5)).astype(np.float32)
    together = pooled(values, bins)
    for picture in range(2):
        for channel in range(3):
            alone = pooled(values[picture : picture + 1, channel : channel + 1], bins)[0, 0]
            np.testing.assert_allclose(together[picture, channel], alone, rtol=1e-6)
