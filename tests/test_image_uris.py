"""Where the image of the built-in algorithm is."""

from __future__ import annotations

from typing import Any

import pytest

from semseg import image_uris
from semseg.errors import UserError

NAME = "semantic-segmentation"


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-west-2", "433757028032.dkr.ecr.us-west-2.amazonaws.com"),
        ("cn-northwest-1", "387376663083.dkr.ecr.cn-northwest-1.amazonaws.com.cn"),
        ("us-gov-west-1", "226302683700.dkr.ecr.us-gov-west-1.amazonaws.com"),
        ("us-iso-east-1", "490574956308.dkr.ecr.us-iso-east-1.c2s.ic.gov"),
        ("us-isob-east-1", "765400339828.dkr.ecr.us-isob-east-1.sc2s.sgov.gov"),
        ("us-isof-south-1", "124985052026.dkr.ecr.us-isof-south-1.csp.hci.ic.gov"),
    ],
)
def test_each_region_has_its_registry(region: str, host: str) -> None:
    assert image_uris.retrieve(NAME, region) == f"{host}/semantic-segmentation:1"


def test_what_chooses_nothing_for_this_algorithm_is_taken() -> None:
    plain = image_uris.retrieve(NAME, "eu-west-1")
    assert image_uris.retrieve(framework=NAME, region="eu-west-1", version="latest") == plain
    assert image_uris.retrieve(NAME, "eu-west-1", "1", "py3", "ml.p3.2xlarge", image_scope="inference") == plain


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"framework": "xgboost"}, "framework must be semantic-segmentation, got 'xgboost'"),
        ({"region": "mars-1"}, "the region .* must be one of af-south-1, .*us-west-2, got 'mars-1'"),
        ({"version": "2"}, "version must be one of 1, latest, got '2'"),
        ({"image_scope": "eia"}, "image_scope must be one of training, inference, got 'eia'"),
        ({"accelerator_type": "ml.eia1.large"}, "accelerator_type must be left out, .* got 'ml.eia1.large'"),
        ({"model_id": "m"}, "model_id must be left out"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        image_uris.retrieve(**{"framework": NAME, "region": "us-west-2", **arguments})
