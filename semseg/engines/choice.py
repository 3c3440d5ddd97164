"""The choice of the engine that serves a model, of its precision, and of the files of the model that it reads."""

from __future__ import annotations

import importlib.util
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from semseg.contract.environment import AUTO, ENGINE, MXNET, PRECISION
from semseg.contract.exported_forms import FP32, INT8, OPENVINO, Form
from semseg.errors import PlatformError, UserError

GRAPHS = "onnx"  # the package that builds a graph from plain parameters
CPU, GPU = "local", "local_gpu"  # instance types of this machine
INSTALL_OPENVINO = 'in a clone of semseg, pip install ".[openvino]"'


@dataclass(frozen=True)
class Wish:
    """The engine, or "auto", and the precision that the environment asks for; None leaves the precision to the
    model.
    """

    engine: str = ENGINE.default
    precision: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Wish:
        """Reads SEMSEG_ENGINE and SEMSEG_PRECISION.

        Raises:
            UserError: one of them has no usable value.
        """
        engine, precision = ENGINE.read(environment), PRECISION.read(environment)
        if engine == MXNET and precision == INT8:
            raise UserError(
                f"MXNet serves {FP32} only, and {PRECISION.name} is {INT8}: set {ENGINE.name} to {OPENVINO}, "
                f"or leave it out"
            )
        return cls(engine, precision)


@dataclass(frozen=True)
class Installed:
    """The packages that are installed to serve with, and whether MXNet can use a GPU."""

    openvino: bool
    onnx: bool
    mxnet: bool
    gpu: bool = False

    @classmethod
    def here(cls, gpu: bool) -> Installed:
        """Returns what is installed here; looks for the packages, and imports none of them."""
        found = {name: importlib.util.find_spec(name) is not None for name in (OPENVINO, GRAPHS, MXNET)}
        return cls(found[OPENVINO], found[GRAPHS], found[MXNET], gpu)


@dataclass(frozen=True)
class Choice:
    """The engine, the precision and the form that were chosen; without a ``form`` the plain parameters are served."""

    engine: str
    precision: str = FP32
    form: Form | None = None


def choose(wish: Wish, forms: Collection[Form], plain: bool, installed: Installed, instance_type: str = "") -> Choice:
    """Returns the fastest choice that the wish and the installed packages allow.

    That is OpenVINO on the processor, and MXNet if the instance type has a GPU that MXNet can use.

    Args:
        forms: the forms that the model has.
        plain: whether it has parameters as MXNet writes them.
        instance_type: as "local", "local_gpu" or "ml.c5.xlarge"; "" where it is not known.

    Raises:
        UserError: INT8 is wished for, and the model has no such form.
        PlatformError: what the wish needs is not installed.
    """
    precision = wish.precision or (INT8 if Form(OPENVINO, INT8) in forms else FP32)
    form = next((form for form in (Form(OPENVINO, precision), Form("onnx", precision)) if form in forms), None)
    if wish.engine == MXNET or (wish.engine == AUTO and _mxnet_is_right(wish, form, plain, installed, instance_type)):
        return Choice(MXNET)
    if not installed.openvino:
        raise PlatformError(_missing_openvino(wish, plain, installed))
    if form is None and precision == INT8:
        raise UserError(
            f"{PRECISION.name} is {INT8}, and the model has no {INT8} form: make one by "
            f'estimator.export(format="{OPENVINO}", precision="{INT8}") or semseg.export_model, or leave it out'
        )
    if form is None and not installed.onnx:
        raise PlatformError(
            f"OpenVINO serves plain parameters by the package {GRAPHS}, which is not installed; {INSTALL_OPENVINO}"
        )
    return Choice(OPENVINO, precision, form)


def _mxnet_is_right(wish: Wish, form: Form | None, plain: bool, installed: Installed, instance_type: str) -> bool:
    """Returns whether "auto" means MXNet."""
    if wish.precision == INT8 or not plain:
        return False
    if instance_type == GPU or (instance_type != CPU and installed.gpu):
        return True
    usable = installed.openvino and (form is not None or installed.onnx)
    return installed.mxnet and not usable


def _missing_openvino(wish: Wish, plain: bool, installed: Installed) -> str:
    if wish.engine == OPENVINO:
        return f"{ENGINE.name} is {OPENVINO}, and OpenVINO is not installed; {INSTALL_OPENVINO}"
    if wish.precision == INT8:
        return f"{PRECISION.name} is {INT8}, which OpenVINO serves, and it is not installed; {INSTALL_OPENVINO}"
    if installed.mxnet and not plain:
        return f"The model has no parameters but an exported form, and OpenVINO is not installed; {INSTALL_OPENVINO}"
    return (
        "Neither OpenVINO nor MXNet is installed, and a model is served by one of them; "
        f'{INSTALL_OPENVINO}, or pip install ".[cpu]", which trains too'
    )
