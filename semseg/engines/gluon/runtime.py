"""Makes MXNet importable and fast here: numpy's dropped names, NVIDIA's libraries, threads, devices.

This room's ``__init__`` calls :func:`prepare`, so that its modules import MXNet like any other package.
"""

from __future__ import annotations

import ctypes
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import ImageFile

from semseg.errors import PlatformError
from semseg.machine.facts import CUDA_EDITION, packaged_cuda_libraries, this_machine
from semseg.machine.mxnet_problems import refuse_what_cannot_work

# oneDNN keeps one compiled kernel per shape, by default for ever, and a server sees ever new shapes: FCN on ResNet-50
# was seen to grow by 2.5 MiB with each new size, without end.
CACHED_KERNELS = "1024"

# numpy 2 dropped these, and mxnet 1.9.1 names them while it is imported.
DROPPED_BY_NUMPY_2 = {
    "PZERO": 0.0,
    "NZERO": -0.0,
    "PINF": np.inf,
    "NINF": -np.inf,
    "NAN": np.nan,
    "NaN": np.nan,
    "Inf": np.inf,
    "infty": np.inf,
    "Infinity": np.inf,
    "float_": np.float64,
    "product": np.prod,
    "sometrue": np.any,
    "alltrue": np.all,
    "cumproduct": np.cumprod,
    "round_": np.round,
    "in1d": np.isin,
    "row_stack": np.vstack,
    "asfarray": np.asarray,
    "msort": np.sort,
    # renamed by numpy 2
    "trapz": getattr(np, "trapezoid", None),
    # financial functions, gone since numpy 1.20; named by mxnet, called by nobody
    **dict.fromkeys(("fv", "ipmt", "irr", "mirr", "nper", "npv", "pmt", "ppmt", "pv", "rate")),
}


def prepare() -> None:
    """Import MXNet and GluonCV, having made that possible. Calling it again does nothing.

    Raises:
        PlatformError: they cannot run here; says why, and the way out.
    """
    if "gluoncv.model_zoo" in sys.modules:
        return
    machine = this_machine()
    refuse_what_cannot_work(machine)
    set_defaults(machine.cores)
    give_numpy_its_names_back()
    give_scipy_its_name_back()
    if CUDA_EDITION in machine.versions:
        load_cuda_libraries()
    import_engine()


def set_defaults(cores: int) -> None:
    """Set what the environment does not say yet; MXNet reads it while it is imported.

    Its own default of half the processors is only right where each core shows as two.
    """
    os.environ.setdefault("OMP_NUM_THREADS", str(cores))
    os.environ.setdefault("MXNET_MKLDNN_CACHE_NUM", CACHED_KERNELS)


def give_numpy_its_names_back() -> None:
    """Put back the missing ones only. Looks in vars(): hasattr() would make numpy warn about its old names."""
    names = vars(np)
    if "bool" not in names:  # dropped by numpy 1.24, back in numpy 2
        names["bool"] = bool
    if int(np.__version__.split(".")[0]) >= 2:
        for name, value in DROPPED_BY_NUMPY_2.items():
            names.setdefault(name, value)


def give_scipy_its_name_back() -> None:
    """MXNet asks for it each time it takes a numpy array, and scipy would warn each time."""
    import scipy.sparse  # comes with GluonCV

    vars(scipy.sparse.csr)["csr_matrix"] = scipy.sparse.csr_matrix


def load_cuda_libraries() -> None:
    """Load what NVIDIA's packages brought; libmxnet.so would not look for it there."""
    for file in packaged_cuda_libraries().values():
        ctypes.CDLL(str(file), ctypes.RTLD_GLOBAL)


def import_engine() -> None:
    try:
        with warnings.catch_warnings():
            # of old spellings in MXNet, GluonCV and what they import; nothing a user could mend
            warnings.simplefilter("ignore")
            import gluoncv.model_zoo  # noqa: F401
        # GluonCV has Pillow fill up cut-off pictures with grey, in the whole process; here they are to be found out
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    except (ImportError, OSError, AttributeError) as error:
        raise PlatformError(
            f"MXNet is installed but cannot be imported ({error}); run `python -m semseg.doctor` to see why"
        ) from error


def devices(instance_type: str) -> list[Any]:
    """The MXNet contexts that a job of this instance type works on.

    "local" is the CPU; "local_gpu" is every GPU; the name of a SageMaker instance is every GPU, or the CPU without any.

    Raises:
        PlatformError: "local_gpu", and there is no GPU that MXNet can use.
    """
    import mxnet as mx  # not at the top: this module makes it importable

    seen = this_machine().gpus[: mx.context.num_gpus()]  # 0 for the CPU edition
    return chosen_devices(instance_type, [number for number, gpu in enumerate(seen) if gpu.has_code])


def chosen_devices(instance_type: str, gpus: Sequence[int]) -> list[Any]:
    """The contexts of ``devices``, given the numbers of the GPUs that MXNet can use."""
    import mxnet as mx

    if instance_type == "local_gpu" and not gpus:
        raise PlatformError(
            "instance_type 'local_gpu' needs a GPU that MXNet can use, and there is none here; use 'local', or run "
            "`python -m semseg.doctor` to see why"
        )
    if instance_type == "local" or not gpus:
        return [mx.cpu()]
    return [mx.gpu(number) for number in gpus]
