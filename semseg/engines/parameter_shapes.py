"""The check that the parameters of a file are those of a network."""

from __future__ import annotations

from collections.abc import Mapping

from semseg.engines.network import AUX_PREFIX
from semseg.errors import ModelError

Shapes = Mapping[str, tuple[int, ...]]


def check_parameters_fit(file_name: str, found: Shapes, wanted: Shapes) -> None:
    """Checks the shapes that a file holds, by the names of the parameters, against those that a network has.

    An auxiliary head in the file that the network does not have is no fault.

    Raises:
        ModelError: with the first parameter that is missing, unknown or of another shape.
    """
    for name, shape in wanted.items():
        if name not in found and name.startswith(AUX_PREFIX):
            raise ModelError(
                f"{file_name} has no auxiliary head, and this job trains one: set _aux_loss to False, as the job had "
                "it that made this model"
            )
        if name not in found:
            raise ModelError(f"{file_name} has no parameter {name}: hyperparams.json describes another network")
        if tuple(found[name]) != tuple(shape):
            raise ModelError(
                f"{file_name} holds {name} as {tuple(found[name])} where hyperparams.json describes {tuple(shape)}: "
                "algorithm, backbone and num_classes must be those of the training job"
            )
    for name in found:
        if name not in wanted and not name.startswith(AUX_PREFIX):
            raise ModelError(f"{file_name} has a parameter {name} that the network of hyperparams.json has not")
