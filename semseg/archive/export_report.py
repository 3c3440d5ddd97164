"""The report of an export: what was made, from what, and how near its answers come to the trained network's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any

from semseg.contract.exported_forms import Form
from semseg.errors import ModelError
from semseg.plumbing.counted import counted

ARCHIVE = "archive"  # the one field that export.json does not hold: the archive can be moved


@dataclass(frozen=True)
class ExportReport:
    """The report of one exported form, which ``export.json`` in the archive holds too.

    Attributes:
        format: "onnx" or "openvino".
        precision: "fp32" or "int8".
        reference: what the form was compared with: "Gluon" or "PyTorch"; if neither is installed, "the fp32 graph" for
            int8 and "" for fp32.
        pictures: how many pictures both answered, an ONNX form by ONNX Runtime. If it is 0, the next two are None.
        largest_difference: between two probabilities, 0 to 1.
        equal_pixels: the share of pixels that got the same class from both, 0 to 1.
        calibration_pictures: how many pictures the ranges of INT8, and what the layers of a light form see, were
            measured on.
        mean_iou_fp32: of the network that was trained, on the validation pictures, 0 to 1; None of a form that need not
            pass the accuracy gate.
        mean_iou_int8: the same of the form; None unless the precision is int8.
        spared: patterns of the layers that were kept in float32 to pass the accuracy gate.
        versions: of the packages that took part.
        sha256: the digest of each file of the form.
        parameters: the name of the parameter file that it was made from; parameters_sha256: its digest.
        light: whether the form has fewer operations than the network that was trained.
        operations: the share of its operations that a light form takes, 0 to 1; None unless it is light.
        mean_iou_light: of the light network in float32, as ``mean_iou_fp32``; None unless it is light.
        archive: the path of the archive that was written; not in export.json.
    """

    format: str
    precision: str
    reference: str
    pictures: int
    largest_difference: float | None
    equal_pixels: float | None
    calibration_pictures: int
    mean_iou_fp32: float | None
    mean_iou_int8: float | None
    spared: tuple[str, ...]
    versions: Mapping[str, str]
    sha256: Mapping[str, str]
    parameters: str
    parameters_sha256: str
    light: bool = False
    operations: float | None = None
    mean_iou_light: float | None = None
    archive: str = ""

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ExportReport:
        """Returns the report that :meth:`to_json` made the object of.

        Raises:
            ModelError: a field is missing.
        """
        named = [field for field in fields(cls) if field.name != ARCHIVE]
        missing = [field.name for field in named if field.default is MISSING and field.name not in values]
        if missing:
            raise ModelError(f"the report of an export must have {missing[0]}, got only {', '.join(sorted(values))}")
        known = {field.name: values[field.name] for field in named if field.name in values}
        return cls(**{**known, "spared": tuple(known["spared"])})

    def to_json(self) -> dict[str, Any]:
        """Returns the report as a dictionary for a JSON object."""
        values = {**asdict(self), "spared": list(self.spared)}
        del values[ARCHIVE]
        return values

    def __str__(self) -> str:
        """Returns a line such as "openvino-int8: 99.2 % of pixels as Gluon on 16 pictures, probabilities within 0.3;
        mIOU ...".
        """
        parts = [f"{Form(self.format, self.precision, self.light)}: "]
        if self.largest_difference is None or self.equal_pixels is None:
            parts.append(
                f"not compared, for there {'were no pictures' if self.reference else 'is no engine here that trains'}"
            )
        else:
            parts.append(
                f"{100 * self.equal_pixels:.3f} % of pixels as {self.reference} on "
                f"{counted(self.pictures, 'picture')}, "
                f"probabilities within {self.largest_difference:.2g}"
            )
        if self.mean_iou_fp32 is not None and self.mean_iou_int8 is not None:
            parts.append(f"; mIOU of whole pictures {self.mean_iou_int8:.4f}, {self.mean_iou_fp32:.4f} in fp32")
            parts.append(f"; spared: {', '.join(self.spared)}" if self.spared else "; no layer spared")
        elif self.mean_iou_fp32 is not None and self.mean_iou_light is not None:
            parts.append(f"; mIOU of whole pictures {self.mean_iou_light:.4f}, {self.mean_iou_fp32:.4f} as trained")
        if self.operations is not None:
            parts.append(f"; {100 * self.operations:.0f} % of the operations")
        return "".join(parts)
