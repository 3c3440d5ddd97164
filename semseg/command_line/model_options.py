"""The model that a verb works with, and the options that say how it is opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from semseg.contract.environment import MXNET, PYTORCH, TEST_TIME_AUGMENTATIONS
from semseg.contract.exported_forms import OPENVINO, PRECISIONS
from semseg.contract.resource_config import LOCAL, LOCAL_TYPES

MODEL = "JOB|ENDPOINT|MODEL.TAR.GZ"

OPTIONS = (
    click.argument("model", metavar=MODEL),
    click.option(
        "--engine",
        type=click.Choice((OPENVINO, PYTORCH, MXNET)),
        help="What computes.  [default: what an endpoint would take]",
    ),
    click.option(
        "--precision",
        type=click.Choice(PRECISIONS),
        help="Of a job's model int8 is made if need be.  [default: what an endpoint would take]",
    ),
    click.option(
        "--tta",
        "test_time_augmentation",
        type=click.Choice(TEST_TIME_AUGMENTATIONS),
        help="Test-time augmentation: the views of a picture whose mean is the answer.  [default: the model's]",
    ),
    click.option("--instance-type", type=click.Choice(LOCAL_TYPES), default=LOCAL, show_default=True),
)


def model_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a verb the argument ``model``, and the options ``engine``, ``precision``, ``test_time_augmentation`` and
    ``instance_type``.
    """
    for option in reversed(OPTIONS):
        function = option(function)
    return function
