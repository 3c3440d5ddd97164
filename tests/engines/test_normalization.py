from __future__ import annotations

import numpy as np

from semseg.engines.normalization import MEAN, STD, normalize


def test_black_and_white_come_out_as_the_formula_says() -> None:
    images = np.zeros((1, 1, 2, 3), dtype=np.uint8)
    images[0, 0, 1] = 255
    (planes,) = normalize(images)
    # (0 - 0.485) / 0.229 and (1 - 0.485) / 0.229, and so on for green and blue
    np.testing.assert_allclose(planes[:, 0, 0], [-2.117904, -2.035714, -1.804444], atol=1e-5)
    np.testing.assert_allclose(planes[:, 0, 1], [2.248908, 2.428571, 2.640000], atol=1e-5)


def test_every_pixel_value_agrees_with_the_formula_in_double_precision() -> None:
    image = np.repeat(np.arange(256, dtype=np.uint8)[np.newaxis, :, np.newaxis], 3, axis=2)
    expected = (image / 255.0 - MEAN) / STD
    np.testing.assert_allclose(normalize(image[np.newaxis])[0], expected.transpose(2, 0, 1), atol=1e-6)


def test_channels_come_first_in_one_block_of_float32() -> None:
    planes = normalize(np.zeros((2, 4, 6, 3), dtype=np.uint8)[:, :, ::2])
    assert (planes.shape, planes.dtype) == ((2, 3, 4, 3), np.float32)
    assert planes.flags.c_contiguous
