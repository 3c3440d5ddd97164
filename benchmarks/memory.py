"""Measures the resident memory of training over 200 steps, and of the endpoint over 300 pictures of different sizes.

    python -m benchmarks.memory

Both should be flat once they have warmed up. Pictures are random noise; whole validation pictures of many sizes are
scored between the epochs of the training, as that is where memory would grow.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from semseg.contract.environment import BASE_DIR
from tests.faults.processes import resident_bytes, tree

TRAINING_SAMPLES, BATCH, EPOCHS = 80, 4, 10  # 200 steps
PICTURES = 300


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        job = write_job(Path(folder))
        report("training", training(job))
        report("endpoint", serving(job))


def report(name: str, readings: Iterator[tuple[int, int]]) -> None:
    """Prints the readings, in MiB after so many steps or pictures, and how far the last half of them spreads."""
    values = []
    for done, mib in readings:
        print(f"{name}: {done:4d} {mib} MiB", flush=True)
        values.append(mib)
    half = values[len(values) // 2 :]
    print(f"{name}: second half from {min(half)} to {max(half)} MiB, {100 * (max(half) / min(half) - 1):.1f} %")


def training(job: Path) -> Iterator[tuple[int, int]]:
    """Yields (steps done, MiB) at each progress line of a training process."""
    command = [sys.executable, "-u", "-m", "semseg.container.train"]
    environment = {**os.environ, BASE_DIR.name: str(job)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        steps = 0
        assert process.stdout is not None
        for line in process.stdout:
            if "#progress_notice" in line and "learning_rate" in line:
                steps += TRAINING_SAMPLES // BATCH
                yield steps, resident_mib(process.pid)
    if process.returncode:
        raise SystemExit(f"training ended with exit code {process.returncode}")


def serving(job: Path) -> Iterator[tuple[int, int]]:
    """Yields (pictures answered, MiB of the server) after every twenty pictures."""
    command = [sys.executable, "-u", "-m", "semseg.container.serve"]
    environment = {**os.environ, BASE_DIR.name: str(job), "SAGEMAKER_BIND_TO_PORT": "0"}
    sizes = np.random.default_rng(2)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = port_of(process)
            for done in range(1, PICTURES + 1):
                height, width = (int(side) for side in sizes.integers(40, 400, 2))
                ask(port, noise(height, width, seed=done))
                if done % 20 == 0:
                    yield done, resident_mib(process.pid)
        finally:
            process.terminate()


def port_of(process: subprocess.Popen[str]) -> int:
    """Returns the port of a server that was just started, once its model is loaded; its further lines are discarded."""
    assert process.stdout is not None
    port = 0
    for line in process.stdout:
        found = re.search(r"listening on \S+ port (\d+)", line)
        port = int(found[1]) if found else port
        if "loaded and warm" in line:
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return port
    raise SystemExit("the server ended before its model was loaded")


def ask(port: int, image: np.ndarray) -> None:
    body = io.BytesIO()
    Image.fromarray(image).save(body, "PNG")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/invocations", body.getvalue(), {"Content-Type": "image/png", "Accept": "image/png"})
    answer = connection.getresponse()
    mask = Image.open(io.BytesIO(answer.read()))
    if answer.status != 200 or mask.size != (image.shape[1], image.shape[0]):
        raise SystemExit(f"status {answer.status}, mask of {mask.size} for a picture of {image.shape}")


def resident_mib(pid: int) -> int:
    """Returns the memory of a process and all processes that it started, because the engine is a process of its own."""
    return resident_bytes(tree(pid)) // 2**20


def write_job(folder: Path) -> Path:
    """Writes a job directory with samples of random sizes, laid out as /opt/ml."""
    sizes = np.random.default_rng(1)
    for channel, count in (("train", TRAINING_SAMPLES), ("validation", 12)):
        for kind in (channel, f"{channel}_annotation"):
            (folder / "input" / "data" / kind).mkdir(parents=True)
        for number in range(count):
            height, width = (int(side) for side in sizes.integers(60, 240, 2))
            data = folder / "input" / "data"
            Image.fromarray(noise(height, width, number)).save(data / channel / f"{number}.jpg")
            mask = sizes.integers(0, 3, (height, width)).astype(np.uint8)
            Image.fromarray(mask).save(data / f"{channel}_annotation" / f"{number}.png")
    hyperparameters = {
        "num_classes": 3,
        "num_training_samples": TRAINING_SAMPLES,
        "use_pretrained_model": False,
        "base_size": 128,
        "crop_size": 48,
        "epochs": EPOCHS,
        "mini_batch_size": BATCH,
        "validation_mini_batch_size": 1,
    }
    channels = ("train", "train_annotation", "validation", "validation_annotation")
    write_config(folder, "hyperparameters", {name: str(value) for name, value in hyperparameters.items()})
    write_config(folder, "inputdataconfig", {channel: {"TrainingInputMode": "File"} for channel in channels})
    return folder


def write_config(folder: Path, name: str, content: dict[str, object]) -> None:
    path = folder / "input" / "config" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def noise(height: int, width: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


if __name__ == "__main__":
    main()
