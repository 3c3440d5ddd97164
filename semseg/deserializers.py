"""The bytes of an answer -> what the caller wants.

The class names are those of the SageMaker Python SDK; own classes in its form work too. A segmentation endpoint answers
with masks and probabilities; the text and tensor formats are for endpoints of other models.
"""

from __future__ import annotations

from contextlib import closing

import numpy as np

from semseg.amazon.common import RecordDeserializer, record_deserializer
from semseg.base_deserializers import (
    BaseDeserializer,
    CSVDeserializer,
    JSONDeserializer,
    JSONLinesDeserializer,
    NumpyDeserializer,
    PandasDeserializer,
    SimpleBaseDeserializer,
    Stream,
    StringDeserializer,
    shown,
)
from semseg.contract import media_types, png_mask, recordio
from semseg.errors import UserError

__all__ = [
    "DEFAULT_DESERIALIZER",
    "BaseDeserializer",
    "BytesDeserializer",
    "CSVDeserializer",
    "JSONDeserializer",
    "JSONLinesDeserializer",
    "MaskDeserializer",
    "NumpyDeserializer",
    "PandasDeserializer",
    "ProbabilityDeserializer",
    "RecordDeserializer",
    "SimpleBaseDeserializer",
    "StreamDeserializer",
    "StringDeserializer",
    "record_deserializer",
]


class BytesDeserializer(SimpleBaseDeserializer):
    """The body as it is."""

    def deserialize(self, stream: Stream, content_type: str) -> bytes:
        with closing(stream):
            return bytes(stream.read())


class StreamDeserializer(SimpleBaseDeserializer):
    """The body as a stream, which the caller closes, and its media type."""

    def deserialize(self, stream: Stream, content_type: str) -> tuple[Stream, str]:
        return stream, content_type


class MaskDeserializer(BaseDeserializer):
    """A mask: (H, W) uint8, the most probable class of each pixel."""

    @property
    def ACCEPT(self) -> tuple[str, ...]:
        return (media_types.PNG,)

    def deserialize(self, stream: Stream, content_type: str) -> np.ndarray:
        """Returns the mask, (H, W) uint8.

        Raises:
            UserError: the answer is not ``image/png``.
            ImageError: it is not a PNG with one 8-bit grey channel.
        """
        _check_content_type("a mask", content_type, self.ACCEPT)
        with closing(stream):
            return png_mask.decode(stream.read())


class ProbabilityDeserializer(BaseDeserializer):
    """Probabilities: (C, H, W) float32, 0 to 1, which add up to 1 over the classes of each pixel."""

    @property
    def ACCEPT(self) -> tuple[str, ...]:
        return (media_types.RECORDIO_PROTOBUF, media_types.PROTOBUF)

    def deserialize(self, stream: Stream, content_type: str) -> np.ndarray:
        """Returns the probabilities, (C, H, W) float32.

        Raises:
            UserError: the answer is not one RecordIO record with probabilities.
        """
        _check_content_type("probabilities", content_type, self.ACCEPT)
        with closing(stream):
            return recordio.decode_probabilities(stream.read())


# What deploy() gives a predictor where no deserializer is asked for. It goes when an Accept is set by hand.
DEFAULT_DESERIALIZER = MaskDeserializer()


def _check_content_type(noun: str, content_type: str, accepted: tuple[str, ...]) -> None:
    if media_types.bare(content_type) not in accepted:
        raise UserError(
            f"{noun} must come as {' or '.join(accepted)}, got {shown(content_type)}: "
            f"set the predictor's deserializer to one for that, such as BytesDeserializer()"
        )
