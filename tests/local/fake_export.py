"""Stands in for the exporting process; FAKE_EXPORT says how it behaves."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path

BASE = Path(os.environ["SAGEMAKER_BASE_DIR"])
MODEL = BASE / "model"
FORM = "-".join(sys.argv[1:])
FILES = {
    "onnx-fp32": ["model.onnx"],
    "onnx-int8": ["model_int8.onnx"],
    "openvino-fp32": ["model.xml", "model.bin"],
    "openvino-fp32-light": ["model_light.xml", "model_light.bin"],
    "openvino-int8": ["model_int8.xml", "model_int8.bin"],
}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def complete() -> None:
    for channel in sorted((BASE / "input" / "data").glob("*")):
        print(channel.name, *sorted(path.name for path in channel.iterdir()))
    for name in FILES[FORM]:
        (MODEL / name).write_text(f"{name} made by process {os.getpid()}")
    reports = json.loads((MODEL / "export.json").read_text()) if (MODEL / "export.json").exists() else {}
    reports[FORM] = {
        "format": sys.argv[1],
        "precision": sys.argv[2],
        "reference": "Gluon",
        "pictures": 3,
        "largest_difference": 0.25,
        "equal_pixels": 0.5,
        "calibration_pictures": 0,
        "mean_iou_fp32": None,
        "mean_iou_int8": None,
        "spared": [],
        "versions": {},
        "sha256": {name: digest(MODEL / name) for name in FILES[FORM]},
        "parameters": "model_best.params",
        "parameters_sha256": digest(MODEL / "model_best.params"),
        "light": sys.argv[3:] == ["light"],
        "operations": None,
        "mean_iou_light": None,
    }
    (MODEL / "export.json").write_text(json.dumps(reports))


def be_refused() -> None:
    (BASE / "output").mkdir()
    failure = {"error": "ModelError", "message": "INT8 must lose at most 0.5 points of mIOU"}
    (BASE / "output" / "failure").write_text(json.dumps(failure))
    sys.exit(1)


def crash() -> None:
    print("something goes wrong")
    sys.exit(3)


def tell_of_aws() -> None:
    print([name for name in os.environ if name.startswith("AWS_")])
    sys.exit(3)


def take_long() -> None:
    print("working in", BASE, flush=True)
    time.sleep(60)


if __name__ == "__main__":
    globals()[os.environ.get("FAKE_EXPORT", "complete")]()
