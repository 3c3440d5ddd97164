"""Opens engines. This is the one file that imports the rooms of all of them; training, serving and export ask it.

Each is imported inside a function, because that takes seconds, and bad input should be refused before.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from semseg.archive import checksums, exported_files, model_artifact
from semseg.archive.model_artifact import ModelDescription
from semseg.contract.environment import MXNET, OMP_NUM_THREADS
from semseg.contract.exported_forms import FP32
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.resource_config import LOCAL
from semseg.engines.choice import Choice, Installed, Wish, choose
from semseg.engines.engine import Engine
from semseg.engines.network import Network
from semseg.machine.facts import CPU_EDITION, CUDA_EDITION, Machine, this_machine, usable_cores
from semseg.machine.mxnet_problems import refuse_what_cannot_work
from semseg.training.job_log import JobLog

if TYPE_CHECKING:
    from semseg.engines.gluon.engine import GluonNetwork

EDITIONS = (CPU_EDITION, CUDA_EDITION)

logger = logging.getLogger(__name__)


def training_engine(hyperparameters: Hyperparameters, instance_type: str, log: JobLog) -> Engine:
    """Returns the engine that trains a job, on the devices of its instance type.

    Raises:
        PlatformError: the engine is not installed, or cannot run here.
        UserError: the job is not for this number of devices.
    """
    from semseg.engines.gluon import runtime
    from semseg.engines.gluon.engine import GluonEngine

    devices = runtime.devices(instance_type)
    log.info(f"Number of GPUs being used: {sum(device.device_type == 'gpu' for device in devices)}")
    return GluonEngine(hyperparameters, devices)


def check_serving_engine(model: Path, instance_type: str, environment: Mapping[str, str]) -> None:
    """Refuses what cannot work, before an engine is imported.

    Raises:
        UserError: a variable of the environment has no usable value, or the model has not what it asks for.
        PlatformError: an engine is not installed, or cannot run here.
    """
    machine = this_machine()
    if _choice(model, instance_type, environment, machine).engine == MXNET:
        refuse_what_cannot_work(machine)


def serving_network(
    model: Path, description: ModelDescription, instance_type: str, environment: Mapping[str, str], cache: Path
) -> Network:
    """Returns the network that serves the model in a folder.

    Args:
        environment: says which engine, precision and number of threads are wished for.
        cache: where what is compiled is kept for the next start.

    Raises:
        ModelError: the folder holds no model that can be served.
        UserError, PlatformError: as of :func:`check_serving_engine`.
    """
    machine = this_machine()
    choice = _choice(model, instance_type, environment, machine)
    if choice.engine == MXNET:
        return _served_by_mxnet(model, description, instance_type, machine)
    return _served_by_openvino(model, description, choice, cache, _threads(environment))


def reference_network(parameters: Path, description: ModelDescription) -> Network | None:
    """Returns the network that the parameters were trained in, on the processor; None where MXNet is not installed.

    Raises:
        ModelError: the parameters are not those of the network.
        PlatformError: MXNet is installed, and does not run here.
    """
    if any(importlib.util.find_spec(name) is None for name in ("mxnet", "gluoncv")):
        return None
    return _mxnet_network(parameters, description, LOCAL)


def _choice(model: Path, instance_type: str, environment: Mapping[str, str], machine: Machine) -> Choice:
    return choose(
        Wish.from_environment(environment),
        exported_files.forms_in(model),
        model_artifact.has_parameters(model),
        Installed.here(CUDA_EDITION in machine.versions and any(gpu.has_code for gpu in machine.gpus)),
        instance_type,
    )


def _served_by_mxnet(model: Path, description: ModelDescription, instance_type: str, machine: Machine) -> Network:
    """Returns the network on MXNet. The instance type "local" takes the CPU; any other the first GPU, if there is
    one.
    """
    parameters = model_artifact.parameters_path(model)
    model_artifact.check_parameters_file(parameters)
    network = _mxnet_network(parameters, description, instance_type)
    edition = " and ".join(f"{name} {machine.versions[name]}" for name in EDITIONS if name in machine.versions)
    logger.info("%s serves %s in %s, on %s", edition, parameters.name, FP32, network.devices[0])
    return network


def _served_by_openvino(
    model: Path, description: ModelDescription, choice: Choice, cache: Path, threads: int
) -> Network:
    network = (description.algorithm, description.backbone, description.num_classes)
    with ThreadPoolExecutor(1) as beside:
        if choice.form is not None:
            path = model / choice.form.files[0]
            digest = beside.submit(exported_files.check_form, model, choice.form)
        else:
            path = model_artifact.parameters_path(model)
            digest = beside.submit(checksums.checked_sha256, path)
        # Imported while the thread reads the files.
        from semseg.engines.onnx.version import VERSION
        from semseg.engines.openvino import opening
        from semseg.engines.openvino.compiled_cache import CompiledCache

        source = str((VERSION, network, digest.result()))
    make = partial(opening.build, path, *network) if choice.form is None else partial(opening.read_file, path)
    opened = opening.open_cached(make, source, description.num_classes, threads, CompiledCache(cache))
    logger.info("OpenVINO %s serves %s in %s, by %d threads", opening.version(), path.name, choice.precision, threads)
    return opened


def _mxnet_network(parameters: Path, description: ModelDescription, instance_type: str) -> GluonNetwork:
    from semseg.engines.gluon.engine import load_network

    return load_network(description.algorithm, description.backbone, description.num_classes, parameters, instance_type)


def _threads(environment: Mapping[str, str]) -> int:
    """Returns the number of threads to compute with: OMP_NUM_THREADS, as for MXNet, or one for each core."""
    told = OMP_NUM_THREADS.read(environment) or ""
    return int(told) if told.isdigit() and int(told) else usable_cores()
