"""Makes an exported form of a model beside its parameters, and the report of it.

Engines are imported inside functions, because that takes seconds, and bad input should be refused before.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import numpy as np

from semseg.archive import exported_files, model_artifact
from semseg.archive.export_report import ExportReport
from semseg.archive.model_artifact import ModelDescription
from semseg.contract.exported_forms import INT8, Form
from semseg.data.dataset import Passes
from semseg.engines.network import Network
from semseg.errors import PlatformError
from semseg.exporting.comparison import Comparison, compare
from semseg.exporting.gate import LARGEST_LOSS, Passed, pass_gate
from semseg.exporting.lightening import Light, lightest
from semseg.exporting.pictures import some_images
from semseg.machine.facts import installed_versions, usable_cores
from semseg.plumbing.counted import counted
from semseg.plumbing.digest import sha256
from semseg.plumbing.whole_file import scratch
from semseg.prediction.scale import ScaleRule
from semseg.training.evaluation import Scored, WholePictures, score_pictures

if TYPE_CHECKING:
    from semseg.exporting.form_files import FormFiles

CALIBRATION_PICTURES = 64
COMPARED_PICTURES = 16
PLAIN_GRAPH = "the fp32 graph"
DISTRIBUTIONS = ("semseg", "onnx", "onnxruntime", "openvino", "nncf", "mxnet", "mxnet-cu112", "torch")


Reference = Callable[[Path, ModelDescription], Optional[tuple[str, Network]]]


@dataclass(frozen=True)
class Samples:
    """The samples that a form is measured on; each may be absent.

    Attributes:
        training: ranges are measured on them; their masks have no meaning.
        validation: what the accuracy gate scores.
        compared: what the form's answers are compared on with the reference's; their masks have no meaning.
    """

    training: Passes | None
    validation: Passes | None
    compared: Passes | None


@dataclass(frozen=True)
class Gated:
    """How a form passed the accuracy gate; nothing of one that need not.

    Attributes:
        pictures: how many it was calibrated on.
        mean_iou: of the network that was trained, in float32, 0 to 1.
        light, passed: of a light form, and of one in INT8.
    """

    pictures: int = 0
    mean_iou: float | None = None
    light: Light | None = None
    passed: Passed | None = None


class FormExport:
    """Makes one form of one model. The packages that make it must be installed.

    Args:
        model_directory: with hyperparams.json and parameters; the form's files and export.json are put there.
        reference: opens the network of the parameters in an engine that trains, and names that; None where none is
            installed.
        tell: is told what is done, a line at a time.
        raise_if_stopped: called often; what it raises ends the work, and leaves nothing.
    """

    def __init__(
        self,
        model_directory: Path,
        form: Form,
        samples: Samples,
        reference: Reference,
        tell: Callable[[str], None],
        raise_if_stopped: Callable[[], None],
    ) -> None:
        self.model_directory = model_directory
        self.form = form
        self.samples = samples
        self.reference = reference
        self.tell = tell
        self.raise_if_stopped = raise_if_stopped
        self.description = model_artifact.read_description(model_directory)
        self.parameters = model_artifact.parameters_path(model_directory)

    def run(self) -> ExportReport:
        """Makes the form, and returns the report of it.

        Raises:
            ModelError: the parameters are not those of the network, or the form did not pass the gate.
            ChannelError, ImageError: a picture cannot be used.
        """
        self.raise_if_stopped()
        model_artifact.check_parameters_file(self.parameters)
        from semseg.exporting.form_files import FormFiles

        with scratch(self.model_directory, "export") as folder:
            self.tell(f"Making {self.form} of {self.parameters.name}")
            files = FormFiles(self.parameters, self.description, self.form, folder, self.raise_if_stopped)
            report = self._gated(files) if self.form.is_gated else self._plain(files)
            self._put_in_place(files.paths, report)
        self.tell(str(report))
        return report

    def _plain(self, files: FormFiles) -> ExportReport:
        files.make_plain()
        name, reference = self._reference() or ("", None)
        comparison = None if reference is None else self._compare(files, reference)
        return self._report(files, name, comparison, Gated())

    def _gated(self, files: FormFiles) -> ExportReport:
        images = self._images(self.samples.training, CALIBRATION_PICTURES)
        plain = files.plain_network()
        wanted = self._mean_iou(plain)
        self.tell(f"mIOU of whole pictures in fp32: {wanted:.4f}")
        light = self._lightened(files, images, wanted) if self.form.light else None
        passed = None
        if self.form.precision == INT8:
            self.tell(f"Measuring the ranges of activations on {counted(len(images), 'training picture')}")
            passed = pass_gate(wanted, lambda spared: files.quantize(images, spared), self._mean_iou, self.tell)
        else:
            files.make_plain()
        name, reference = self._reference() or (PLAIN_GRAPH, plain)
        return self._report(files, name, self._compare(files, reference), Gated(len(images), wanted, light, passed))

    def _lightened(self, files: FormFiles, images: Sequence[np.ndarray], wanted: float) -> Light:
        """Lets the form be made of the lightest network that passes; one in INT8 may lose half of what is allowed by
        its fewer operations.
        """
        self.tell(f"Measuring what the layers see on {counted(len(images), 'training picture')}")
        files.measure_layers(images)
        largest_loss = LARGEST_LOSS / 2 if self.form.precision == INT8 else LARGEST_LOSS
        light = lightest(wanted, files.make_light, self._mean_iou, self.tell, largest_loss)
        files.make_light(light.share)
        return light

    def _images(self, samples: Passes | None, count: int) -> list[np.ndarray]:
        return [] if samples is None else some_images(samples, count, self._scale)

    @property
    def _scale(self) -> ScaleRule:
        return ScaleRule(self.description.base_size, self.description.aligned_sizes)

    def _mean_iou(self, network: Network) -> float:
        def seen(scored: Scored) -> None:
            self.raise_if_stopped()

        assert self.samples.validation is not None
        pictures = WholePictures(self.samples.validation, self._scale, usable_cores())
        return score_pictures(network, pictures, seen).mean_iou()

    def _reference(self) -> tuple[str, Network] | None:
        """Returns the network of the parameters in an engine that trains, after the engine's name; None if none is
        installed, or it does not run here.
        """
        try:
            return self.reference(self.parameters, self.description)
        except PlatformError as error:
            self.tell(f"Not compared with the network that was trained: {error}")
            return None

    def _compare(self, files: FormFiles, reference: Network) -> Comparison | None:
        def watched(image: np.ndarray) -> np.ndarray:
            self.raise_if_stopped()
            return image

        images = self._images(self.samples.compared, COMPARED_PICTURES)
        return compare(files.read_elsewhere(), reference, map(watched, images))

    def _report(self, files: FormFiles, reference: str, comparison: Comparison | None, gated: Gated) -> ExportReport:
        return ExportReport(
            format=self.form.format,
            precision=self.form.precision,
            light=self.form.light,
            reference=reference,
            pictures=0 if comparison is None else comparison.pictures,
            largest_difference=None if comparison is None else comparison.largest_difference,
            equal_pixels=None if comparison is None else comparison.equal_pixels,
            calibration_pictures=gated.pictures,
            mean_iou_fp32=gated.mean_iou,
            mean_iou_light=None if gated.light is None else gated.light.mean_iou,
            mean_iou_int8=None if gated.passed is None else gated.passed.mean_iou_int8,
            operations=None if gated.light is None else gated.light.operations,
            spared=() if gated.passed is None else gated.passed.spared,
            versions=installed_versions(DISTRIBUTIONS),
            sha256={path.name: sha256(path) for path in files.paths},
            parameters=self.parameters.name,
            parameters_sha256=sha256(self.parameters),
        )

    def _put_in_place(self, paths: Sequence[Path], report: ExportReport) -> None:
        """Puts the report and then the files into the model. In the other order an interruption would leave files
        without a report, and such a model cannot be served.
        """
        exported_files.write_report(self.model_directory, self.form, report.to_json())
        for path in paths:
            os.replace(path, self.model_directory / path.name)
