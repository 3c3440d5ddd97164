"""Loads the model that is to be served, by the engine that is chosen for it."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from semseg.archive import checksums, exported_files, model_artifact
from semseg.archive.model_artifact import ModelDescription
from semseg.container.configuration import instance_type
from semseg.contract.exported_forms import FP32
from semseg.contract.job_directory import JobDirectory
from semseg.engines.choice import MXNET, Choice, Installed, Wish, choose
from semseg.errors import UserError
from semseg.machine.facts import CPU_EDITION, CUDA_EDITION, Machine, this_machine, usable_cores
from semseg.machine.mxnet_problems import refuse_what_cannot_work
from semseg.prediction.segmenter import Network, Segmenter
from semseg.prediction.tiles import tile_pixels

SCALE_VARIABLE = "SEMSEG_SCALE"
RULE, NATIVE = "rule", "native"
CACHE_VARIABLE = "SEMSEG_CACHE_DIR"
THREADS_VARIABLE = "OMP_NUM_THREADS"
EDITIONS = (CPU_EDITION, CUDA_EDITION)

logger = logging.getLogger(__name__)


def keeps_every_size(environment: Mapping[str, str]) -> bool:
    """Whether SEMSEG_SCALE turns the scale rule off: "native" does, "rule", the default, does not.

    Raises:
        UserError: it is neither.
    """
    scale = environment.get(SCALE_VARIABLE, RULE)
    if scale not in (RULE, NATIVE):
        raise UserError(f"The environment variable {SCALE_VARIABLE} must be {RULE} or {NATIVE}, got {scale!r}")
    return scale == NATIVE


def check_engine(directory: JobDirectory, environment: Mapping[str, str]) -> None:
    """Refuse what cannot work, before an engine is imported.

    Raises:
        UserError: a variable of the environment has no usable value, or the model has not what it asks for.
        PlatformError: an engine is not installed, or cannot run here.
    """
    machine = this_machine()
    if _choice(directory, environment, machine).engine == MXNET:
        refuse_what_cannot_work(machine)


def load_segmenter(directory: JobDirectory, environment: Mapping[str, str]) -> Segmenter:
    """The network of the model in ``directory``, with its best parameters where it has more than one set of them.

    Raises:
        ModelError: the directory holds no model that can be served.
        UserError: a variable of the environment has no usable value, or the model has not what it asks for.
        PlatformError: an engine is not installed, or cannot run here.
    """
    native = keeps_every_size(environment)
    most_pixels = tile_pixels(environment)
    description = model_artifact.read_description(directory.model)
    machine = this_machine()
    choice = _choice(directory, environment, machine)
    if choice.engine == MXNET:
        network = _by_mxnet(directory, description, machine)
    else:
        network = _by_openvino(directory.model, description, choice, environment)
    return Segmenter(network, None if native else description.base_size, most_pixels)


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where compiled networks are kept: SEMSEG_CACHE_DIR, or the folder "semseg" of the user's cache."""
    if environment.get(CACHE_VARIABLE):
        return Path(environment[CACHE_VARIABLE])
    return Path(environment.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "semseg")


def _choice(directory: JobDirectory, environment: Mapping[str, str], machine: Machine) -> Choice:
    return choose(
        Wish.from_environment(environment),
        exported_files.forms_in(directory.model),
        any((directory.model / name).is_file() for name in (model_artifact.BEST, model_artifact.LAST)),
        Installed.here(CUDA_EDITION in machine.versions and any(gpu.has_code for gpu in machine.gpus)),
        instance_type(directory),
    )


# The engines are imported inside functions: that takes long, and what can be refused without it is refused by then.


def _by_mxnet(directory: JobDirectory, description: ModelDescription, machine: Machine) -> Network:
    """The instance type "local" takes the CPU; any other the first GPU, where there is one."""
    parameters = model_artifact.parameters_path(directory.model)
    model_artifact.check_parameters_file(parameters)
    from semseg.engines.gluon.engine import load_network

    network = load_network(
        description.algorithm, description.backbone, description.num_classes, parameters, instance_type(directory)
    )
    edition = " and ".join(f"{name} {machine.versions[name]}" for name in EDITIONS if name in machine.versions)
    logger.info("%s serves %s in %s, on %s", edition, parameters.name, FP32, network.devices[0])
    return network


def _by_openvino(model: Path, description: ModelDescription, choice: Choice, environment: Mapping[str, str]) -> Network:
    network = (description.algorithm, description.backbone, description.num_classes)
    with ThreadPoolExecutor(1) as beside:
        if choice.form is not None:
            path = model / choice.form.files[0]
            digest = beside.submit(exported_files.check_form, model, choice.form)
        else:
            path = model_artifact.parameters_path(model)
            digest = beside.submit(checksums.checked_sha256, path)
        # While the files are looked through.
        from semseg.engines.onnx.version import VERSION
        from semseg.engines.openvino import opening
        from semseg.engines.openvino.compiled_cache import CompiledCache

        source = str((VERSION, network, digest.result()))
    make = partial(opening.build, path, *network) if choice.form is None else partial(opening.read_file, path)
    threads = _threads(environment)
    cache = CompiledCache(cache_folder(environment))
    opened = opening.open_cached(make, source, description.num_classes, threads, cache)
    logger.info("OpenVINO %s serves %s in %s, by %d threads", opening.version(), path.name, choice.precision, threads)
    return opened


def _threads(environment: Mapping[str, str]) -> int:
    """How many compute: OMP_NUM_THREADS, as for MXNet, or one for each core."""
    told = environment.get(THREADS_VARIABLE, "")
    return int(told) if told.isdigit() and int(told) else usable_cores()
