"""Compares the light forms of a trained network with the whole ones: operations, file, time, mIOU.

    python -m benchmarks.light [model.tar.gz]

The archive is of a network that was trained on the Weizmann horses; without it, FCN on ResNet-50 is trained as
benchmarks.horses does. Exports the four forms for OpenVINO, and prints a table. Times are of the network alone, for one
picture of 240 x 240 pixels on one thread: medians of processor time, the forms in turn.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

import semseg
from benchmarks.horses import HORSE_IS_255, train
from benchmarks.test_data import channels
from semseg.archive.model_artifact import unpack
from semseg.contract.exported_forms import OPENVINO, PRECISIONS, Form
from semseg.engines.network import Network
from tests.trained import archive_of

SIDE, ROUNDS = 240, 15
CLASSES = 2
FORMS = tuple(Form(OPENVINO, precision, light) for precision in PRECISIONS for light in (False, True))


def main(archive: Path | None) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        model = archive_of(train(folder)) if archive is None else archive
        reports = {form: export(model, form, folder) for form in FORMS}
        unpack(folder / "forms.tar.gz", folder / "model")
        milliseconds = times(folder / "model")
        print("| form | operations | file, MB | ms a picture | mIOU |\n|---|---|---|---|---|")
        for form, report in reports.items():
            size = sum((folder / "model" / name).stat().st_size for name in form.files) / 1e6
            print(f"| `{form}` | {shown(report, size, milliseconds[form])} |")


def export(model: Path, form: Form, folder: Path) -> semseg.ExportReport:
    inputs = channels("weizmann_horse", HORSE_IS_255, folder / "label_map")
    report = semseg.export_model(
        model,
        folder / "forms.tar.gz",
        form.format,
        form.precision,
        train=inputs["train"],
        validation=inputs["validation"],
        validation_annotation=inputs["validation_annotation"],
        label_map=inputs["label_map"],
        light=form.light,
    )
    print(report, flush=True)
    return report


def times(model: Path) -> dict[Form, float]:
    """Returns the milliseconds of processor time that each form takes for a picture."""
    from semseg.engines.openvino.opening import open_network

    networks: dict[Form, Network] = {form: open_network(model / form.files[0], CLASSES, threads=1) for form in FORMS}
    image = np.random.default_rng(0).integers(0, 256, (1, SIDE, SIDE, 3), np.uint8)
    seconds: dict[Form, list[float]] = {form: [] for form in FORMS}
    for _ in range(ROUNDS):
        for form, network in networks.items():
            started = time.process_time()
            network.mask(image, (SIDE, SIDE))
            seconds[form].append(time.process_time() - started)
    return {form: 1000 * median(taken) for form, taken in seconds.items()}


def shown(report: semseg.ExportReport, size: float, milliseconds: float) -> str:
    operations = "100 %" if report.operations is None else f"{100 * report.operations:.0f} %"
    score = report.mean_iou_int8 or report.mean_iou_light
    scored = "as trained" if score is None else f"{score:.4f}, {report.mean_iou_fp32:.4f} as trained"
    return f"{operations} | {size:.0f} | {milliseconds:.0f} | {scored}"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else None)
