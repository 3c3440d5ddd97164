"""Changes how a picture looks at random, as another light or another camera would: its tones, its colours, its noise,
and what JPEG leaves of it. Its mask stays as it is.
"""

from __future__ import annotations

from math import cos, radians, sin
from statistics import NormalDist

import numpy as np

from semseg.data.chance import Chance
from semseg.data.scaling import opencv

BRIGHTNESS = Chance(0.5, -32.0, 32.0, otherwise=0.0)  # added to each value, of 0 to 255
CONTRAST = Chance(0.5, 0.5, 1.5, otherwise=1.0)  # times the distance from middle grey
GAMMA = Chance(0.3, 0.7, 1.5, otherwise=1.0)  # the power of each value, of 0 to 1
SATURATION = Chance(0.5, 0.5, 1.5, otherwise=1.0)  # times the distance from grey of the same luminance
HUE = Chance(0.5, -18.0, 18.0, otherwise=0.0)  # degrees on the circle of colours
NOISE = Chance(0.2, 0.0, 10.0, otherwise=0.0)  # the standard deviation, in values of 0 to 255
JPEG_QUALITY = Chance(0.2, 40.0, 95.0, otherwise=100.0)

_LARGEST = 255
_MIDDLE = _LARGEST / 2
_LUMINANCE = (0.213, 0.715, 0.072)  # of red, green and blue
# The matrices "saturate" and "hueRotate" of the W3C's Filter Effects Module, where the luminance stays as it is.
_GREY = np.tile(_LUMINANCE, (3, 1))
_COLOUR = np.eye(3) - _GREY
_QUARTER_TURN = np.array([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])
# A byte drawn evenly becomes a normal number: that of its quantile. It takes a tenth of the time of normal numbers.
_NORMAL = np.array([NormalDist().inv_cdf((value + 0.5) / 256) for value in range(256)])


def changed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Returns an image, (H, W, 3) uint8 RGB, that looks different. A new array."""
    image = with_tones(image, BRIGHTNESS.drawn(rng), CONTRAST.drawn(rng), GAMMA.drawn(rng))
    image = with_colours(image, SATURATION.drawn(rng), HUE.drawn(rng))
    image = with_noise(image, NOISE.drawn(rng), rng)
    return after_jpeg(image, round(JPEG_QUALITY.drawn(rng)))


def with_tones(image: np.ndarray, brightness: float, contrast: float, gamma: float) -> np.ndarray:
    """Returns the image with each value changed by one rule for all channels: first brightness, then contrast, then
    gamma.
    """
    values: np.ndarray = (np.arange(256.0) + brightness - _MIDDLE) * contrast + _MIDDLE
    values = _LARGEST * np.power(values.clip(0, _LARGEST) / _LARGEST, gamma)
    return np.asarray(opencv().LUT(image, values.round().astype(np.uint8)), np.uint8)


def with_colours(image: np.ndarray, saturation: float, hue: float) -> np.ndarray:
    """Returns the image with other colours of the same luminance, as far as they are within 0 to 255.

    Args:
        saturation: 0 gives grey, 1 the same colours.
        hue: degrees.
    """
    if (saturation, hue) == (SATURATION.otherwise, HUE.otherwise):
        return image
    turned = _GREY + cos(radians(hue)) * _COLOUR + sin(radians(hue)) * _QUARTER_TURN
    return np.asarray(opencv().transform(image, turned @ (_GREY + saturation * _COLOUR)), np.uint8)


def with_noise(image: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    """Returns the image with normal noise of this standard deviation in each value; 0 draws none."""
    if not deviation:
        return image
    evenly = np.frombuffer(rng.bytes(image.size), np.uint8).reshape(image.shape)
    cv2 = opencv()
    noise = cv2.LUT(evenly, (deviation * _NORMAL).round().astype(np.int16))
    return np.asarray(cv2.add(image, noise, dtype=cv2.CV_8U), np.uint8)


def after_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """Returns what is left of the image after a JPEG file of this quality; 100 writes none."""
    if quality == JPEG_QUALITY.otherwise:
        return image
    cv2 = opencv()
    _, file = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.cvtColor(cv2.imdecode(file, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), np.uint8)
