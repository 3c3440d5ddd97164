"""Serves the model that lies in the job directory: ``python -m semseg.container.serve``."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from semseg.container.configuration import instance_type
from semseg.contract import model_artifact
from semseg.contract.job_directory import JobDirectory
from semseg.errors import SemsegError, UserError
from semseg.gluon.machine import this_machine
from semseg.gluon.runtime import refuse_what_cannot_work
from semseg.prediction.segmenter import Segmenter

SCALE_VARIABLE = "SEMSEG_SCALE"
RULE, NATIVE = "rule", "native"


def main() -> int:
    """The exit code: 0 after SIGTERM or SIGINT, 1 after a failure, which standard error says in one sentence."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        refuse_what_cannot_work(this_machine())
        # Not at the top: where the engine's extra is absent, so is the HTTP server, and the line above says what to do.
        from semseg.serving.server import serve

        directory = JobDirectory.from_environment(os.environ)
        load = partial(load_segmenter, directory.model, keeps_every_size(os.environ), instance_type(directory))
        serve(load, os.environ)
    except SemsegError as error:
        sys.stdout.flush()
        print(error, file=sys.stderr)
        return 1
    return 0


def keeps_every_size(environment: Mapping[str, str]) -> bool:
    """Whether SEMSEG_SCALE turns the scale rule off: "native" does, "rule", the default, does not.

    Raises:
        UserError: it is neither.
    """
    scale = environment.get(SCALE_VARIABLE, RULE)
    if scale not in (RULE, NATIVE):
        raise UserError(f"The environment variable {SCALE_VARIABLE} must be {RULE} or {NATIVE}, got {scale!r}")
    return scale == NATIVE


def load_segmenter(model_directory: Path, native: bool, machine: str = "") -> Segmenter:
    """The model's network with its best parameters.

    Args:
        model_directory: an unpacked model archive.
        native: turns the scale rule off.
        machine: the instance type; "local" takes the CPU; anything else the first GPU, where there is one.

    Raises:
        ModelError: the directory holds no model that can be served.
    """
    description = model_artifact.read_description(model_directory)
    parameters = model_artifact.parameters_path(model_directory)
    model_artifact.check_parameters_file(parameters)
    # Imported here: it takes seconds, in which the port is to be open, and may fail, of which ``serve`` tells.
    from semseg.gluon.engine import load_network

    network = load_network(
        description.algorithm, description.backbone, description.num_classes, parameters, machine
    )
    return Segmenter(network, None if native else description.base_size)


if __name__ == "__main__":
    sys.exit(main())
