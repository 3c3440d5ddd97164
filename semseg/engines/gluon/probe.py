"""``python -m semseg.engines.gluon.probe``: imports MXNet and prints the result as JSON.

The doctor runs this as a process of its own, so that it survives an import that crashes.
"""

from __future__ import annotations

import ctypes
import json
from typing import Any

import gluoncv
import mxnet as mx

FEATURES = ("CUDA", "CUDNN", "NCCL", "MKLDNN", "OPENMP", "OPENCV", "BLAS_OPEN", "BLAS_MKL", "LAPACK", "DIST_KVSTORE")


def report() -> dict[str, Any]:
    """Returns versions, the features compiled in (of FEATURES), the GPUs that MXNet sees, and the OpenMP threads in
    use.
    """
    features = mx.runtime.Features()
    return {
        "mxnet": mx.__version__,
        "features": [name for name in FEATURES if name in features and features.is_enabled(name)],
        "gpus": mx.context.num_gpus(),
        "threads": openmp_threads(),
        "gluoncv": gluoncv.__version__,
    }


def openmp_threads() -> int:
    """Returns how many threads the OpenMP library that MXNet loaded would start."""
    return int(ctypes.CDLL("libgomp.so.1").omp_get_max_threads())


def main() -> None:
    """Prints the report."""
    print(json.dumps(report()))


if __name__ == "__main__":
    main()
