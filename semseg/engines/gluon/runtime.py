"""Makes MXNet importable and fast on this machine: names that it misses, NVIDIA's libraries, threads, devices.

This room's ``__init__`` calls :func:`prepare`, so that its modules import MXNet like any other package.
"""

from __future__ import annotations

import ctypes
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from PIL import ImageFile

from semseg.contract.environment import OMP_NUM_THREADS
from semseg.contract.resource_config import LOCAL, LOCAL_GPU
from semseg.engines.gluon.hidden_package import hidden
from semseg.errors import PlatformError
from semseg.machine import mxnet_names
from semseg.machine.facts import CUDA_EDITION, packaged_cuda_libraries, this_machine
from semseg.machine.mxnet_problems import refuse_what_cannot_work

# oneDNN keeps one compiled kernel per shape, by default for ever, and a server sees ever new shapes: FCN on ResNet-50
# was seen to grow by 2.5 MiB with each new size, without end.
CACHED_KERNELS = "1024"
PYTORCH = "torch"


def prepare() -> None:
    """Imports MXNet and GluonCV, after making that possible. A second call does nothing.

    Raises:
        PlatformError: they cannot run here; says why, and the way out.
    """
    if "gluoncv.model_zoo" in sys.modules:
        return
    machine = this_machine()
    refuse_what_cannot_work(machine)
    set_defaults(machine.cores)
    mxnet_names.restore()
    if CUDA_EDITION in machine.versions:
        load_cuda_libraries()
    import_engine()


def set_defaults(cores: int) -> None:
    """Sets those environment variables for MXNet that are not set yet; MXNet reads them while it is imported.

    MXNet's default, half of the processors, is right only if each core shows as two processors.
    """
    os.environ.setdefault(OMP_NUM_THREADS.name, str(cores))
    os.environ.setdefault("MXNET_MKLDNN_CACHE_NUM", CACHED_KERNELS)


def load_cuda_libraries() -> None:
    """Loads the libraries that NVIDIA's packages brought, because libmxnet.so does not look for them there."""
    for file in packaged_cuda_libraries().values():
        ctypes.CDLL(str(file), ctypes.RTLD_GLOBAL)


def import_engine() -> None:
    """Imports MXNet and GluonCV; raises PlatformError if they cannot be imported."""
    try:
        with warnings.catch_warnings(), hidden(PYTORCH):
            # they are about old spellings in MXNet, GluonCV and what these import, which no user can correct
            warnings.simplefilter("ignore")
            import gluoncv.model_zoo  # noqa: F401
        # GluonCV makes Pillow fill truncated pictures with grey, in the whole process; here they must be errors
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    except (ImportError, OSError, AttributeError) as error:
        raise PlatformError(
            f"MXNet is installed but cannot be imported ({error}); run `python -m semseg.doctor` to see why"
        ) from error


def devices(instance_type: str) -> list[Any]:
    """Returns the MXNet contexts that a job of this instance type works on.

    "local" is the CPU; "local_gpu" is every GPU; the name of a SageMaker instance is every GPU, or the CPU without any.

    Raises:
        PlatformError: "local_gpu", and there is no GPU that MXNet can use.
    """
    import mxnet as mx  # not at the top: this module makes it importable

    seen = this_machine().gpus[: mx.context.num_gpus()]  # 0 for the CPU edition
    return chosen_devices(instance_type, [number for number, gpu in enumerate(seen) if gpu.has_code])


def chosen_devices(instance_type: str, gpus: Sequence[int]) -> list[Any]:
    """Returns the contexts of ``devices``, given the numbers of the GPUs that MXNet can use."""
    import mxnet as mx

    if instance_type == LOCAL_GPU and not gpus:
        raise PlatformError(
            "instance_type 'local_gpu' needs a GPU that MXNet can use, and there is none here; use 'local', or run "
            "`python -m semseg.doctor` to see why"
        )
    if instance_type == LOCAL or not gpus:
        return [mx.cpu()]
    return [mx.gpu(number) for number in gpus]
