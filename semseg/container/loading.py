"""Loads the model that is to be served, by the engine that the environment asks for."""

from __future__ import annotations

from collections.abc import Mapping

from semseg.container.configuration import instance_type
from semseg.contract import model_artifact
from semseg.contract.job_directory import JobDirectory
from semseg.errors import UserError
from semseg.prediction.segmenter import Segmenter
from semseg.prediction.tiles import tile_pixels

SCALE_VARIABLE = "SEMSEG_SCALE"
RULE, NATIVE = "rule", "native"


def keeps_every_size(environment: Mapping[str, str]) -> bool:
    """Whether SEMSEG_SCALE turns the scale rule off: "native" does, "rule", the default, does not.

    Raises:
        UserError: it is neither.
    """
    scale = environment.get(SCALE_VARIABLE, RULE)
    if scale not in (RULE, NATIVE):
        raise UserError(f"The environment variable {SCALE_VARIABLE} must be {RULE} or {NATIVE}, got {scale!r}")
    return scale == NATIVE


def load_segmenter(directory: JobDirectory, environment: Mapping[str, str]) -> Segmenter:
    """The network of the model in ``directory`` with its best parameters.

    The instance type "local" takes the CPU; any other the first GPU, where there is one.

    Raises:
        ModelError: the directory holds no model that can be served.
        UserError: a variable of the environment has no usable value.
    """
    native = keeps_every_size(environment)
    most_pixels = tile_pixels(environment)
    description = model_artifact.read_description(directory.model)
    parameters = model_artifact.parameters_path(directory.model)
    model_artifact.check_parameters_file(parameters)
    # Imported here: it takes seconds, and what can be refused without it is refused by now.
    from semseg.gluon.engine import load_network

    network = load_network(
        description.algorithm, description.backbone, description.num_classes, parameters, instance_type(directory)
    )
    return Segmenter(network, None if native else description.base_size, most_pixels)
