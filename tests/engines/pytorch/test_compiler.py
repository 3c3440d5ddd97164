from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from semseg.errors import PlatformError
from tests.engines.gluon.test_networks import hyperparameters, random_pictures
from tests.engines.pytorch.test_engine import engine_of, losses, unlike, values

if TYPE_CHECKING:
    from semseg.engines.pytorch.engine import PyTorchEngine

pytestmark = pytest.mark.pytorch


def program(folder: Path, name: str) -> Path:
    file = folder / name
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


def test_a_machine_without_a_compiler_is_refused(tmp_path: Path) -> None:
    import torch

    from semseg.engines.pytorch.compiler import check_compiler

    with pytest.raises(PlatformError) as refusal:
        check_compiler(torch.device("cpu"), {"PATH": str(tmp_path)}, "linux")
    assert str(refusal.value) == (
        "compile is True, and to compile for this processor PyTorch needs a compiler (g++), which is not installed; "
        "install one, or leave compile out"
    )


def test_a_compiler_that_the_environment_names_is_looked_for_instead(tmp_path: Path) -> None:
    import torch

    from semseg.engines.pytorch.compiler import check_compiler

    program(tmp_path, "g++")
    (tmp_path / "Python.h").touch()
    cpu = torch.device("cpu")
    check_compiler(cpu, {"PATH": str(tmp_path)}, "linux", tmp_path)
    with pytest.raises(PlatformError, match=r"needs a compiler \(icpx\), which is not installed"):
        check_compiler(cpu, {"PATH": str(tmp_path), "CXX": "icpx"}, "linux", tmp_path)


def test_a_python_without_its_headers_is_refused(tmp_path: Path) -> None:
    import torch

    from semseg.engines.pytorch.compiler import check_compiler

    program(tmp_path, "g++")
    with pytest.raises(PlatformError) as refusal:
        check_compiler(torch.device("cpu"), {"PATH": str(tmp_path)}, "linux", tmp_path)
    assert str(refusal.value) == (
        "compile is True, and to compile for this processor PyTorch needs Python's headers, and there is no "
        f"{tmp_path / 'Python.h'}; install the package with Python's headers, or leave compile out"
    )


def has_compiler() -> bool:
    import torch

    from semseg.engines.pytorch.compiler import check_compiler

    try:
        check_compiler(torch.device("cpu"))
    except PlatformError:
        return False
    return True


def traced_engine() -> PyTorchEngine:
    """An engine whose step is traced and taken apart as for compiling, and then run as it is: kernels take minutes to
    build.
    """
    import torch
    from torch import nn

    from semseg.engines.pytorch.engine import PyTorchEngine

    class Traced(PyTorchEngine):
        compiler_backend = "aot_eager"

    engine = Traced(hyperparameters(compile="True"), torch.device("cpu"))
    for module in engine.network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0
    return engine


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch's compiler uses what PyTorch deprecates
@pytest.mark.slow
def test_a_compiled_step_trains_as_the_step_itself(tmp_path: Path) -> None:
    if not has_compiler():
        pytest.skip("there is no compiler here")
    plain, compiled = engine_of(), traced_engine()
    np.testing.assert_allclose(losses(compiled, 2, 2), losses(plain, 2, 2), rtol=1e-4)
    assert unlike(values(compiled, tmp_path), values(plain, tmp_path)) < 1e-4
    pictures = random_pictures(1, 40, 24)
    np.testing.assert_allclose(
        compiled.probabilities(pictures, (40, 24)), plain.probabilities(pictures, (40, 24)), atol=1e-4
    )
