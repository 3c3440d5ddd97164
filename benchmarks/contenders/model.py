"""The one model that all contenders run: its parameters, and the form of it that each of them reads."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders.process import end_of, plain_environment
from benchmarks.test_data import REPOSITORY
from semseg.archive import exported_files, model_artifact
from semseg.contract import exported_forms
from semseg.plumbing.digest import sha256

GRAPH, GRAPH_INT8, MODEL_INT8 = "model.onnx", "model_int8.onnx", "model_int8.xml"
RANDOM = {"algorithm": "fcn", "backbone": "resnet-50", "num_classes": "21"}
GLUONCV_BACKBONES = {"resnet-50": "resnet50", "resnet-101": "resnet101"}
INT8 = exported_forms.Form(exported_forms.OPENVINO, exported_forms.INT8)


@dataclass(frozen=True)
class BenchmarkModel:
    """The paths of the model's forms.

    Attributes:
        base: holds ``model/``, which an endpoint serves, the INT8 form in it.
        graph, graph_int8: ONNX; model_int8: OpenVINO's, the same file as in ``model/``.
    """

    base: Path
    parameters: Path
    num_classes: int
    backbone: str
    graph: Path
    graph_int8: Path
    model_int8: Path

    @property
    def gluoncv_backbone(self) -> str:
        return GLUONCV_BACKBONES[self.backbone]


def prepare(folder: Path, archive: Path | None, int8: bool) -> BenchmarkModel:
    """Writes the model of an archive, or FCN on ResNet-50 with random values, and its forms, to ``folder``.

    Args:
        int8: whether the forms in INT8 are wanted too.

    Raises:
        SystemExit: the archive's network is no FCN, which GluonCV's contender is.
    """
    model = folder / "model"
    model.mkdir()
    if archive is None:
        (model / model_artifact.HYPERPARAMS).write_text(json.dumps(RANDOM))
        arguments = ["--save", model / model_artifact.BEST, RANDOM["num_classes"]]
        run(folder, "gluoncv_fcn", *arguments, GLUONCV_BACKBONES[RANDOM["backbone"]])
    else:
        model_artifact.unpack(archive, model)
    description = model_artifact.read_description(model)
    if description.algorithm != "fcn":
        raise SystemExit(f"--model must be an FCN, got {description.algorithm}")
    parameters = model_artifact.parameters_path(model)
    calibration = [folder / "calibration.npy"] if int8 else []
    run(folder, "forms", parameters, description.num_classes, description.backbone, folder, *calibration)
    if int8:
        add_form(folder, model)
    return BenchmarkModel(
        base=folder,
        parameters=parameters,
        num_classes=description.num_classes,
        backbone=description.backbone,
        graph=folder / GRAPH,
        graph_int8=folder / GRAPH_INT8,
        model_int8=folder / MODEL_INT8,
    )


def add_form(folder: Path, model: Path) -> None:
    """Copies the INT8 form into the model, as an export would leave it there."""
    for name in INT8.files:
        shutil.copy(folder / name, model / name)
    digests = {name: sha256(model / name) for name in INT8.files}
    (model / exported_files.REPORT).write_text(json.dumps({str(INT8): {exported_files.DIGESTS: digests}}))


def run(folder: Path, module: str, *arguments: object) -> None:
    """Runs a step in a process of its own, so that this process stays small."""
    command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.contenders.{module}", *map(str, arguments)]
    log = folder / f"{module}.log"
    with log.open("wb") as output:
        done = subprocess.run(
            command, check=False, cwd=REPOSITORY, env=plain_environment(), stdout=output, stderr=output
        )
    if done.returncode:
        raise SystemExit(f"{module} failed:\n{end_of(log)}")
