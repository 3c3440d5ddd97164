"""Warnings about old names point at the line of the user's that has them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import semseg
from semseg.amazon.amazon_estimator import get_image_uri
from semseg.amazon.common import numpy_to_record_serializer, record_deserializer
from semseg.predictor import RealTimePredictor
from semseg.session import s3_input


class Own(semseg.Estimator):
    """An estimator of the user's own."""


@pytest.mark.parametrize(
    "use",
    [
        lambda: semseg.Estimator(train_instance_type="local"),
        lambda: Own(train_instance_type="local"),
        lambda: RealTimePredictor("street"),
        lambda: semseg.Predictor("street").endpoint,
        lambda: s3_input("s3://street/train"),
        lambda: get_image_uri("us-west-2", "semantic-segmentation"),
        numpy_to_record_serializer,
        record_deserializer,
    ],
)
def test_a_warning_about_an_old_name_points_at_the_users_line(use: Callable[[], object]) -> None:
    with pytest.warns(UserWarning, match="is now called") as caught:
        use()
    assert [warning.filename for warning in caught] == [__file__]
