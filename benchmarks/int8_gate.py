"""Shows the accuracy gate of INT8 on a trained network: one example that passes it and one that is refused.

    python -m benchmarks.int8_gate

Trains FCN on ResNet-50 on the Weizmann horses, as benchmarks.horses does, and exports it in INT8: that passes. Then it
rescales channels of the same network, by powers of two, such that its answers in float32 stay what they were and the
ranges that INT8 has to span do not: that is refused. Ends with exit code 1 where either goes otherwise.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import semseg
from benchmarks.horses import HORSE_IS_255, train
from benchmarks.test_data import channels
from semseg.archive.model_artifact import BEST, HYPERPARAMS, pack, unpack
from semseg.archive.mxnet_parameters import read_parameters
from semseg.errors import ModelError
from tests.trained import archive_of

FACTOR = 1024.0
EACH = 4  # one channel in so many is rescaled
BLOCKS = {2: 4, 3: 6, 4: 3}  # stage: blocks; of those stages that the gate does not spare


def main() -> int:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        estimator = train(folder)
        started = time.perf_counter()
        passed = estimator.export("openvino", folder / "passed.tar.gz", precision="int8")
        seconds = time.perf_counter() - started
        rescale(archive_of(estimator), folder / "rescaled.tar.gz")
        plain, refusal = export_rescaled(folder)
    print(f"\npassed in {seconds:.0f} s: {passed}")
    print(f"rescaled: {plain}")
    print(f"refused: {refusal}" if refusal else "the rescaled network was not refused")
    return 0 if refusal else 1


def export_rescaled(folder: Path) -> tuple[semseg.ExportReport, str]:
    """Returns the report of the rescaled network in float32, and the reason why it is refused in INT8, which is empty
    if it is not.
    """
    inputs = channels("weizmann_horse", HORSE_IS_255, folder / "label_map")
    archive = folder / "rescaled.tar.gz"

    def export(name: str, precision: str, train: str | None = None) -> semseg.ExportReport:
        return semseg.export_model(
            archive,
            folder / name,
            "openvino",
            precision,
            train=train,
            validation=inputs["validation"],
            validation_annotation=inputs["validation_annotation"],
            label_map=inputs["label_map"],
        )

    plain = export("plain.tar.gz", "fp32")
    try:
        export("refused.tar.gz", "int8", inputs["train"])
    except ModelError as error:
        return plain, str(error)
    return plain, ""


def rescale(archive: Path, rescaled: Path) -> None:
    """Writes the model again with some channels of its inner batch norms times FACTOR, and the weights that read them
    divided by it. Between the two is a ReLU, so that nothing else changes.
    """
    import mxnet as mx

    with tempfile.TemporaryDirectory() as place:
        model = Path(place)
        unpack(archive, model)
        values = {name: np.array(value) for name, value in read_parameters(model / BEST).items()}
        for stage, blocks in BLOCKS.items():
            for block in range(blocks):
                for norm, reader in (("bn1", "conv2"), ("bn2", "conv3")):
                    name = f"layer{stage}.{block}"
                    values[f"{name}.{norm}.gamma"][::EACH] *= FACTOR
                    values[f"{name}.{norm}.beta"][::EACH] *= FACTOR
                    values[f"{name}.{reader}.weight"][:, ::EACH] /= FACTOR
        (model / "checksums.json").unlink()
        mx.nd.save(str(model / BEST), {name: mx.nd.array(value, dtype=value.dtype) for name, value in values.items()})
        pack(model, rescaled, required=(HYPERPARAMS, BEST))


if __name__ == "__main__":
    sys.exit(main())
