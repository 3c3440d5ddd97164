"""The choice of the engine that serves a model, of its precision, and of the files of the model that it reads."""

from __future__ import annotations

import importlib.util
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from semseg.contract.environment import AUTO, ENGINE, MXNET, PYTORCH, TITLES
from semseg.contract.exported_forms import FP32, INT8, OPENVINO, Form
from semseg.contract.form_wish import FormWish
from semseg.contract.resource_config import LOCAL, LOCAL_GPU
from semseg.errors import PlatformError, SemsegError, UserError

INSTALL_OPENVINO = 'in a clone of semseg, pip install ".[openvino]"'


@dataclass(frozen=True)
class Kind:
    """One engine, as far as the choice knows it; ``container/engines.py`` opens it.

    Attributes:
        name: as SEMSEG_ENGINE has it.
        packages: the packages that it needs.
        packages_for_parameters: the packages that it needs too where it serves plain parameters.
        reads_forms: whether it serves the exported forms of a model, INT8 among them, which need no parameters.
        on_gpu: whether it serves on GPUs; it is preferred where it can use one that is here.
    """

    name: str
    packages: tuple[str, ...]
    packages_for_parameters: tuple[str, ...]
    reads_forms: bool
    on_gpu: bool


# All engines that serve, the fastest on the processor first.
ENGINES = (
    Kind(OPENVINO, ("openvino",), ("onnx",), reads_forms=True, on_gpu=False),
    Kind(MXNET, ("mxnet",), (), reads_forms=False, on_gpu=True),
    Kind(PYTORCH, ("torch",), (), reads_forms=False, on_gpu=True),
)
PACKAGES = tuple(name for kind in ENGINES for name in (*kind.packages, *kind.packages_for_parameters))


@dataclass(frozen=True)
class Wish:
    """The engine, or "auto", and the precision that the environment asks for, and whether the form is to be light; None
    leaves these two to the model.
    """

    engine: str = ENGINE.default
    precision: str | None = None
    light: bool | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Wish:
        """Reads SEMSEG_ENGINE, SEMSEG_PRECISION and SEMSEG_LIGHT.

        Raises:
            UserError: one of them has no usable value.
        """
        engine, form = ENGINE.read(environment), FormWish.from_environment(environment)
        if engine in (MXNET, PYTORCH) and form.needs_form:
            served = f"{FP32} only" if form.precision == INT8 else "no light forms"
            raise UserError(
                f"{TITLES[engine]} serves {served}, and {form}: set {ENGINE.name} to {OPENVINO}, or leave it out"
            )
        return cls(engine, form.precision, form.light)

    @property
    def form(self) -> FormWish:
        """What is asked of the form."""
        return FormWish(self.precision, self.light)


@dataclass(frozen=True)
class Installed:
    """The packages of PACKAGES that are installed, and the engines that can use a GPU of this machine."""

    packages: Collection[str]
    on_gpu: Collection[str] = ()

    @classmethod
    def here(cls, on_gpu: Collection[str]) -> Installed:
        """Returns what is installed here; looks for the packages, and imports none of them."""
        return cls(frozenset(name for name in PACKAGES if importlib.util.find_spec(name) is not None), on_gpu)

    def has(self, packages: Iterable[str]) -> bool:
        """Returns whether all of these packages are installed."""
        return all(name in self.packages for name in packages)


@dataclass(frozen=True)
class Choice:
    """The engine, the precision and the form that were chosen; without a ``form`` the plain parameters are served."""

    engine: str
    precision: str = FP32
    form: Form | None = None


def choose(wish: Wish, forms: Collection[Form], plain: bool, installed: Installed, instance_type: str = "") -> Choice:
    """Returns the fastest choice that the wish and the installed packages allow.

    That is OpenVINO on the processor, and MXNet or else PyTorch if the instance type has a GPU that it can use.

    Args:
        forms: the forms that the model has.
        plain: whether it has parameters as MXNet writes them.
        instance_type: as "local", "local_gpu" or "ml.c5.xlarge"; "" where it is not known.

    Raises:
        UserError: the model has not the precision that is wished for, or not what the engine reads.
        PlatformError: what the wish needs is not installed.
    """
    if wish.engine in (MXNET, PYTORCH) and forms and not plain:
        raise UserError(
            f"{ENGINE.name} is {wish.engine}, which serves parameters, and the model has none, but "
            f"{', '.join(map(str, forms))}: set {ENGINE.name} to {OPENVINO}, or leave it out"
        )
    if forms and not plain and not wish.form.is_met_by(forms) and wish.engine in (AUTO, OPENVINO):
        raise UserError(
            f"{wish.form}, and the model has neither parameters nor such a form but "
            f"{', '.join(map(str, forms))}: leave it out"
        )
    form = _preferred(wish.form, forms, plain)
    precision = form.precision if form is not None else wish.precision or FP32
    wants_gpu = instance_type == LOCAL_GPU or (instance_type != LOCAL and bool(installed.on_gpu))

    def serves(kind: Kind) -> bool:
        if kind.reads_forms:
            packages = (*kind.packages, *(kind.packages_for_parameters if form is None else ()))
            return installed.has(packages) and (form is not None or not wish.form.needs_form)
        if wish.engine == kind.name:
            return True  # what hinders it is said by its own room
        return plain and not wish.form.needs_form and installed.has(kind.packages)

    def preference(kind: Kind) -> tuple[bool, bool]:
        return wants_gpu and kind.name not in installed.on_gpu, wants_gpu and not kind.on_gpu

    if instance_type == LOCAL_GPU and wish.engine == AUTO and plain and not wish.form.needs_form:
        _check_gpu_engine(installed)
    for kind in sorted(ENGINES, key=preference):
        if wish.engine in (AUTO, kind.name) and serves(kind):
            return Choice(kind.name, precision, form) if kind.reads_forms else Choice(kind.name)
    raise _refusal(wish, form, plain, installed)


def _preferred(wish: FormWish, forms: Collection[Form], plain: bool) -> Form | None:
    """Returns the form that is served, the one with the cheapest and fewest operations; None serves the parameters.

    INT8 and light forms answer a little differently: those in ONNX, which are for other programs, are served only where
    they are asked for or nothing else is there.
    """

    def is_usual(form: Form) -> bool:
        asked_for = (form.precision != INT8 or wish.precision == INT8) and (not form.light or bool(wish.light))
        return form.format == OPENVINO or asked_for

    def cost(form: Form) -> tuple[bool, bool, bool]:
        return form.precision != INT8, not form.light, form.format != OPENVINO

    met = [form for form in forms if wish.is_met_by([form])]
    usual = [form for form in met if is_usual(form)]
    return min(usual or ([] if plain else met), key=cost, default=None)


def _check_gpu_engine(installed: Installed) -> None:
    """Raises PlatformError if no engine is installed that serves on GPUs."""
    kinds = [kind for kind in ENGINES if kind.on_gpu]
    if not any(installed.has(kind.packages) for kind in kinds):
        names = " nor ".join(TITLES[kind.name] for kind in kinds)
        raise PlatformError(
            f"instance_type is {LOCAL_GPU}, and neither {names}, which serve on a GPU, is installed; in a clone of "
            f'semseg, pip install ".[pytorch]"'
        )


def _refusal(wish: Wish, form: Form | None, plain: bool, installed: Installed) -> SemsegError:
    """Returns what to say where no engine serves the model: what is missing for OpenVINO."""
    if OPENVINO not in installed.packages:
        return PlatformError(_missing_openvino(wish, plain, installed))
    if form is None and wish.form.needs_form:
        light = ", light=True" if wish.light else ""
        return UserError(
            f"{wish.form}, and the model has no {wish.form.noun} form: make one by estimator.export("
            f'format="{OPENVINO}", precision="{wish.form.form.precision}"{light}) or semseg.export_model, or leave it '
            f"out"
        )
    return PlatformError(
        f"OpenVINO serves plain parameters by the package onnx, which is not installed; {INSTALL_OPENVINO}"
    )


def _missing_openvino(wish: Wish, plain: bool, installed: Installed) -> str:
    if wish.engine == OPENVINO:
        return f"{ENGINE.name} is {OPENVINO}, and OpenVINO is not installed; {INSTALL_OPENVINO}"
    if wish.form.needs_form:
        return f"{wish.form}, which OpenVINO serves, and it is not installed; {INSTALL_OPENVINO}"
    if not plain and (installed.has(("mxnet",)) or installed.has(("torch",))):
        return f"The model has no parameters but an exported form, and OpenVINO is not installed; {INSTALL_OPENVINO}"
    return (
        "None of OpenVINO, MXNet and PyTorch is installed, and a model is served by one of them; "
        f'{INSTALL_OPENVINO}, or pip install ".[local]", which trains too'
    )
