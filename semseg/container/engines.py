"""Opens engines. This is the one file that imports the rooms of all of them; training, serving and export ask it.

Each is imported inside a function, because that takes seconds, and bad input should be refused before.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from semseg.archive import checksums, exported_files, model_artifact
from semseg.archive.model_artifact import ModelDescription
from semseg.contract.environment import AUTO, OMP_NUM_THREADS, PYTORCH, TITLES
from semseg.contract.exported_forms import FP32, OPENVINO
from semseg.contract.hyperparameters import FLOAT32, Hyperparameters
from semseg.contract.resource_config import LOCAL, LOCAL_GPU
from semseg.engines import training_choice
from semseg.engines.choice import Choice, Installed, Wish, choose
from semseg.engines.engine import DeviceMemory, Engine
from semseg.engines.group import ALONE, Group
from semseg.engines.network import Network
from semseg.engines.start import Start
from semseg.engines.training_choice import engines_here, engines_on_gpu
from semseg.errors import PlatformError
from semseg.machine import pytorch_problems
from semseg.machine.facts import CPU_EDITION, CUDA_EDITION, Machine, this_machine, usable_cores
from semseg.machine.memory import ProcessMemory
from semseg.training.job_log import JobLog
from semseg.training.start_log import tell_of_start

if TYPE_CHECKING:
    from semseg.engines.gluon.engine import GluonNetwork
    from semseg.engines.pytorch.engine import PyTorchNetwork

EDITIONS = (CPU_EDITION, CUDA_EDITION)

logger = logging.getLogger(__name__)


def choose_training_engine(
    hyperparameters: Hyperparameters, instance_type: str, processes: int = 1
) -> training_choice.TrainingChoice:
    """Returns which engine trains a job, and refuses what cannot work; imports an engine only where that must be asked.

    Args:
        processes: how many train the job together.

    Raises:
        PlatformError: what the job needs is not installed, or cannot run here.
    """
    job = training_choice.Job(hyperparameters, instance_type, processes)
    machine = this_machine()
    choice = training_choice.choose(job, engines_here(machine))
    if choice.engine != PYTORCH:
        return choice
    if instance_type == LOCAL_GPU and (problem := pytorch_problems.gpu_problem(_asked(machine))) is not None:
        raise PlatformError(str(problem))
    if hyperparameters.compile or hyperparameters.precision_dtype not in (FLOAT32, AUTO):
        _check_what_pytorch_can(hyperparameters, instance_type)
    return choice


def check_pretrained_weights(hyperparameters: Hyperparameters) -> None:
    """Refuses a file of pretrained weights that is not there or of a kind that is not read, before any data is.

    Raises:
        ModelError: it cannot be read, or is neither MXNet's nor of safetensors.
    """
    if hyperparameters.use_pretrained_model and hyperparameters.pretrained_weights:
        from semseg.engines.encoder_weights.files import is_of_mxnet

        is_of_mxnet(Path(hyperparameters.pretrained_weights))


def _asked(machine: Machine) -> Machine:
    """Returns the machine with what PyTorch holds code for, where it has GPUs for that; PyTorch is imported then."""
    if not (machine.gpus and machine.pytorch_has_cuda):
        return machine
    from semseg.engines.pytorch import devices

    return dataclasses.replace(machine, pytorch_architectures=devices.architectures())


def _check_what_pytorch_can(hyperparameters: Hyperparameters, instance_type: str) -> None:
    """Raises PlatformError if PyTorch cannot compute in the type that a job asks for, or not compile its step."""
    from semseg.engines.pytorch import compiler, devices

    device = devices.device(instance_type)
    devices.computation_type(hyperparameters.precision_dtype, device)
    if hyperparameters.compile:
        compiler.check_compiler(device)


def devices_for(engine: str, instance_type: str) -> int:
    """Returns how many devices of this machine train a job in a process each; 1 where one process has them all."""
    machine = this_machine()
    on_gpu = engine == PYTORCH and trains_on_gpu(engine, instance_type, machine)
    return max(1, len(pytorch_problems.usable_gpus(_asked(machine)))) if on_gpu else 1


def devices_together(engine: str, is_on_gpu: bool, group: Group) -> int:
    """Returns how many devices share each batch: with PyTorch one in each process, else all GPUs in this one."""
    return group.size if engine == PYTORCH or not is_on_gpu else max(1, len(this_machine().gpus))


def trains_on_gpu(engine: str, instance_type: str, machine: Machine | None = None) -> bool:
    """Returns whether an engine trains a job of this instance type on a GPU, and imports no engine.

    Args:
        machine: where the job runs; this machine where it is not given.
    """
    return instance_type != LOCAL and engine in engines_on_gpu(engines_here(machine or this_machine()))


@contextmanager
def training_group(engine: str, instance_type: str) -> Iterator[Group]:
    """Yields the group of processes that torchrun's variables put this one in, for the job that it trains.

    Raises:
        PlatformError: the variables are not complete, or there is no device for this process.
        GroupEnded: the others cannot be reached.
    """
    if engine != PYTORCH:
        yield ALONE
        return
    from semseg.engines.pytorch import devices, process_group

    with process_group.from_environment(devices.device(instance_type, process_group.local_rank())) as group:
        yield group


def device_memory(name: str, instance_type: str, of_processor: ProcessMemory) -> DeviceMemory:
    """Returns the memory that an engine computes in on this instance type.

    Args:
        name: of the engine, as of :func:`choose_training_engine`.
        of_processor: is returned where the engine computes on the processor.
    """
    if name == PYTORCH:
        from semseg.engines.pytorch import devices, gpu_memory, process_group

        device = devices.device(instance_type, process_group.local_rank())
        return gpu_memory.GpuMemory(device) if device.type == "cuda" else of_processor
    from semseg.engines.gluon import gpu_memory as gluons
    from semseg.engines.gluon import runtime

    context = runtime.devices(instance_type)[0]
    return gluons.GpuMemory(context.device_id) if context.device_type == "gpu" else of_processor


def training_engine(
    name: str, hyperparameters: Hyperparameters, instance_type: str, log: JobLog, group: Group = ALONE
) -> Engine:
    """Returns the engine that trains a job, on the devices of its instance type.

    Args:
        name: of the engine, as of :func:`choose_training_engine`.
        group: the processes that train the job together.

    Raises:
        PlatformError: the engine is not installed, or cannot run here.
        UserError: the job is not for this number of devices.
    """
    return (_pytorch_engine if name == PYTORCH else _gluon_engine)(hyperparameters, instance_type, log, group)


def _gluon_engine(hyperparameters: Hyperparameters, instance_type: str, log: JobLog, group: Group) -> Engine:
    from semseg.engines.gluon import runtime
    from semseg.engines.gluon.engine import GluonEngine

    found = runtime.devices(instance_type)
    _tell_gpus(log, sum(device.device_type == "gpu" for device in found))
    engine = GluonEngine(hyperparameters, found)
    _tell_pretrained(engine.pretrained, log)
    return engine


def _pytorch_engine(hyperparameters: Hyperparameters, instance_type: str, log: JobLog, group: Group) -> Engine:
    from semseg.engines.pytorch import devices, process_group
    from semseg.engines.pytorch.engine import PyTorchEngine

    device = devices.device(instance_type, process_group.local_rank())
    _tell_gpus(log, 0 if device.type == "cpu" else group.size)
    engine = PyTorchEngine(hyperparameters, device, group)
    _tell_pretrained(engine.pretrained, log)
    return engine


def _tell_pretrained(start: Start | None, log: JobLog) -> None:
    if start is not None:
        tell_of_start(start, "pretrained weights", log)


def _tell_gpus(log: JobLog, count: int) -> None:
    log.info(f"Number of GPUs being used: {count}")


def check_serving_engine(model: Path, instance_type: str, environment: Mapping[str, str]) -> None:
    """Refuses what cannot work, before an engine is imported.

    Raises:
        UserError: a variable of the environment has no usable value, or the model has not what it asks for.
        PlatformError: an engine is not installed, or cannot run here.
    """
    machine = this_machine()
    engine = _choice(model, instance_type, environment, machine).engine
    _refuse_what_cannot_work(engine, machine, on_gpu=instance_type == LOCAL_GPU)


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
    if choice.engine == OPENVINO:
        return _served_by_openvino(model, description, choice, cache, _threads(environment))
    serve = _served_by_pytorch if choice.engine == PYTORCH else _served_by_mxnet
    return serve(model, description, instance_type, machine)


def reference_network(parameters: Path, description: ModelDescription) -> tuple[str, Network] | None:
    """Returns the network of the parameters, on the processor, in an engine that trains: Gluon, or else PyTorch.

    Returns:
        The engine's name, as reports have it, and the network; None where neither is installed.

    Raises:
        ModelError: the parameters are not those of the network.
        PlatformError: the engine is installed, and does not run here.
    """
    if _are_installed("mxnet", "gluoncv"):
        return "Gluon", _mxnet_network(parameters, description, LOCAL)
    if _are_installed("torch"):
        _refuse_what_cannot_work(PYTORCH, this_machine())
        return TITLES[PYTORCH], _pytorch_network(parameters, description, LOCAL)
    return None


def _are_installed(*packages: str) -> bool:
    return all(importlib.util.find_spec(name) is not None for name in packages)


def _refuse_what_cannot_work(engine: str, machine: Machine, on_gpu: bool = False) -> None:
    """Raises PlatformError with the first problem that MXNet or PyTorch cannot run with, on a GPU if ``on_gpu``."""
    for each in engines_here(machine):
        problem = each.problem or (each.gpu_problem if on_gpu else None)
        if each.name == engine and problem is not None:
            raise PlatformError(str(problem))


def _choice(model: Path, instance_type: str, environment: Mapping[str, str], machine: Machine) -> Choice:
    return choose(
        Wish.from_environment(environment),
        exported_files.forms_in(model),
        model_artifact.has_parameters(model),
        Installed.here(engines_on_gpu(engines_here(machine))),
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


def _served_by_pytorch(model: Path, description: ModelDescription, instance_type: str, machine: Machine) -> Network:
    """Returns the network on PyTorch, on the device that the instance type has."""
    parameters = model_artifact.parameters_path(model)
    model_artifact.check_parameters_file(parameters)
    network = _pytorch_network(parameters, description, instance_type)
    logger.info("PyTorch %s serves %s in %s, on %s", machine.versions["torch"], parameters.name, FP32, network.device)
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


def _pytorch_network(parameters: Path, description: ModelDescription, instance_type: str) -> PyTorchNetwork:
    from semseg.engines.pytorch import devices
    from semseg.engines.pytorch.engine import load_network

    device = devices.device(instance_type)
    return load_network(description.algorithm, description.backbone, description.num_classes, parameters, device)


def _threads(environment: Mapping[str, str]) -> int:
    """Returns the number of threads to compute with: OMP_NUM_THREADS, as for MXNet, or one for each core."""
    told = OMP_NUM_THREADS.read(environment) or ""
    return int(told) if told.isdigit() and int(told) else usable_cores()
