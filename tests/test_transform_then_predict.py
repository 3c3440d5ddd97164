"""The whole of a batch transform job: a real model, and the same answers as from its endpoint."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from semseg.contract import png_mask
from tests.endtoend import home_at, small_estimator, write_channels

pytestmark = pytest.mark.engine


def test_a_transform_job_answers_as_the_endpoint_does(tmp_path_factory: pytest.TempPathFactory) -> None:
    with home_at(tmp_path_factory.mktemp("transform")) as place:
        channels = write_channels(place / "data")
        estimator = small_estimator({"epochs": 1})
        estimator.fit(channels, logs=False)
        predictor = estimator.deploy(1, "local", endpoint_name="squares")
        pictures = sorted(Path(channels["validation"]).iterdir())

        masks = estimator.transformer(
            1, "local", accept="image/png", output_path=place / "masks", max_concurrent_transforms=2
        )
        masks.transform(channels["validation"], content_type="image/jpeg", logs=False)
        assert len(pictures) == 3
        for picture in pictures:
            answer = (place / "masks" / f"{picture.name}.out").read_bytes()
            assert np.array_equal(png_mask.decode(answer), predictor.predict(str(picture)))
        predictor.delete_endpoint()
