"""Plays a trainer that keeps checkpoints: five epochs of EPOCH_SECONDS, each of them after the newest checkpoint.

It prints its parent's process id and its own first. Where the variable FORGETS is set, it ends otherwise when it goes
on from a checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

EPOCHS = 5
START = bytes([0x12, 0x01, 0, 0, 0, 0, 0, 0])  # as MXNet's parameter files begin
FILES = ("parameters.params", "optimizer.params", "model_best.params")


def main() -> None:
    base = Path(os.environ["SAGEMAKER_BASE_DIR"])
    (base / "checkpoints").mkdir(exist_ok=True)
    done = len([path for path in (base / "checkpoints").glob("epoch-*") if (path / "state.json").is_file()])
    print(os.getppid(), os.getpid(), flush=True)
    for epoch in range(done, EPOCHS):
        print(f"#quality_metric. host: algo-1, epoch: {epoch}, train loss: 0.{9 - epoch} .", flush=True)
        save(base / "checkpoints", epoch + 1)
        time.sleep(float(os.environ.get("EPOCH_SECONDS", "0.1")))
    forgot = done and os.environ.get("FORGETS")
    (base / "model" / "hyperparams.json").write_text(json.dumps({"num_classes": "2"}))
    (base / "model" / "model_best.params").write_bytes(START + b"best")
    (base / "model" / "model_algo-1").write_bytes(START + (b"another" if forgot else b"last"))
    (base / "output" / "data" / "evaluation.json").write_text("{}")


def save(folder: Path, epochs: int) -> None:
    """Writes a checkpoint beside its place, then gives it its name."""
    part = folder / f".epoch-{epochs:04d}.part"
    part.mkdir(exist_ok=True)
    for name in FILES:
        (part / name).write_bytes(START + name.encode())
    digests = {name: hashlib.sha256((part / name).read_bytes()).hexdigest() for name in FILES}
    (part / "state.json").write_text(json.dumps({"sha256": digests}))
    part.rename(folder / f"epoch-{epochs:04d}")


if __name__ == "__main__":
    main()
