"""Sends a picture of 12,000 x 9,000 pixels through an endpoint, and measures what the seams of its tiles change.

    python -m benchmarks.large_pictures [--model model.tar.gz ...] [--algorithms fcn psp deeplab] [--size 12000x9000]
        [--only served|seams] [--most-pixels 2200000]

Pictures are put together from CamVid's street scenes, each at its own scale. The first model answers the large one, as
PNG, at a server with SEMSEG_SCALE=native; memory is that of the server's whole process tree. The seams of every model
are judged on a picture that still fits in memory as a whole. Without --model, a network of each algorithm is trained
first, for some minutes.
"""

from __future__ import annotations

import argparse
import http.client
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image

import semseg
from benchmarks.camvid import VOID_IS_IGNORED
from benchmarks.test_data import channels, data_set
from semseg.archive import model_artifact
from semseg.container.loading import load_segmenter
from semseg.contract import png_mask
from semseg.contract.environment import BASE_DIR, TILE_PIXELS
from semseg.contract.job_directory import JobDirectory
from semseg.prediction.scale import ScaleRule
from semseg.prediction.segmenter import Segmenter
from semseg.prediction.tiles import Span, tile_spans
from tests.trained import archive_of

ALGORITHMS = ("fcn", "psp", "deeplab")
SECONDS_TO_ANSWER = 3600
SEAM_PICTURE = (1801, 2401)  # height and width: five scenes by five, and 8 k + 1 as tiles are


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, nargs="*", default=[])
    parser.add_argument("--algorithms", nargs="*", default=ALGORITHMS, choices=ALGORITHMS)
    parser.add_argument("--size", default="12000x9000", help="width x height")
    parser.add_argument("--only", choices=("served", "seams"))
    parser.add_argument("--most-pixels", type=int, default=TILE_PIXELS.default, help=TILE_PIXELS.name)
    arguments = parser.parse_args()
    width, height = (int(side) for side in arguments.size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        archives = arguments.model or [trained(name, Path(folder) / name) for name in arguments.algorithms]
        jobs = [unpacked(archive, Path(folder) / f"job-{number}") for number, archive in enumerate(archives)]
        if arguments.only != "seams":
            report_served(jobs[0], height, width, arguments.most_pixels)
        if arguments.only != "served":
            for job in jobs:
                report_seams(job, arguments.most_pixels)


def report_served(job: Path, height: int, width: int, most_pixels: int) -> None:
    body = jpeg(scenes(height, width))
    print(f"{width} x {height} pixels, a JPEG of {len(body) / 1e6:.1f} MB, {description(job)}", flush=True)
    with served(job, height * width, len(body), most_pixels) as (process, port), MemoryProbe(process.pid) as probe:
        idle = probe.now()
        began = time.perf_counter()
        mask = asked(port, body)
        seconds = time.perf_counter() - began
    if mask.shape != (height, width):
        raise SystemExit(f"the mask is of {mask.shape[1]} x {mask.shape[0]} pixels")
    print(f"answered as PNG in {seconds:.0f} s; classes found: {np.unique(mask).tolist()}")
    print(f"resident, shared pages counted once: {idle / 1e6:.0f} MB before, {probe.peak / 1e6:.0f} MB at most")
    for name, most in sorted(probe.peaks.items()):
        print(f"  {name}: {most / 1e6:.0f} MB at most")


def report_seams(job: Path, most_pixels: int) -> None:
    """Prints the shares of pixels whose class differs from that of the picture seen as a whole."""
    height, width = SEAM_PICTURE
    network = load_segmenter(JobDirectory(job), os.environ).network
    image = scenes(height, width)
    whole = Segmenter(network, ScaleRule(None), height * width).mask(image)
    tiled = Segmenter(network, ScaleRule(None), most_pixels).mask(image)
    rows, columns = tile_spans(height, width, most_pixels)
    shared = covered_twice(rows, height)[:, np.newaxis] | covered_twice(columns, width)
    changed = tiled != whole
    print(
        f"{description(job)}: {width} x {height} pixels in {len(rows)} x {len(columns)} tiles of "
        f"{columns[0].length} x {rows[0].length}: {share(changed)} of all pixels changed; {share(changed[shared])} of "
        f"those where tiles overlap, {share(changed[~shared])} of the others",
        flush=True,
    )


def covered_twice(spans: list[Span], length: int) -> np.ndarray:
    counts = np.zeros(length, np.uint8)
    for span in spans:
        counts[span.start : span.end] += 1
    return counts > 1


def share(changed: np.ndarray) -> str:
    return f"{100 * changed.mean():.3f} %"


def scenes(height: int, width: int) -> np.ndarray:
    """Returns CamVid's validation pictures side by side at their own scale, (height, width, 3) uint8."""
    paths = sorted((data_set("camvid") / "validation").iterdir())
    picture = np.empty((height, width, 3), np.uint8)
    number = 0
    for top in range(0, height, 360):
        for left in range(0, width, 480):
            place = picture[top : top + 360, left : left + 480]
            with Image.open(paths[7 * number % len(paths)]) as scene:
                place[...] = np.asarray(scene)[: place.shape[0], : place.shape[1]]
            number += 1
    return picture


def jpeg(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=90)
    return file.getvalue()


def trained(algorithm: str, folder: Path) -> Path:
    """Returns the archive of a network after two epochs of CamVid. It has learnt a little; its scores are not looked
    at.
    """
    inputs = channels("camvid", VOID_IS_IGNORED, folder / "label_map")
    inputs = only_first(inputs, "validation", 8, folder)
    estimator = semseg.Estimator(instance_count=1, instance_type="local", output_path=folder)
    estimator.set_hyperparameters(
        algorithm=algorithm,
        use_pretrained_model=False,
        num_classes=11,
        num_training_samples=len(os.listdir(inputs["train"])),
        base_size=240,
        crop_size=96,
        epochs=2,
        optimizer="adam",
        learning_rate=0.001,
        lr_scheduler="poly",
        mini_batch_size=8,
        validation_mini_batch_size=8,
    )
    estimator.fit(inputs)
    return archive_of(estimator)


def only_first(inputs: dict[str, str], channel: str, count: int, folder: Path) -> dict[str, str]:
    """Returns the channels; in one of them, links to the first pictures and masks stand for all."""
    linked = dict(inputs)
    for name in (channel, f"{channel}_annotation"):
        linked[name] = str(folder / name)
        (folder / name).mkdir()
        for path in sorted(Path(inputs[name]).iterdir())[:count]:
            (folder / name / path.name).symlink_to(path)
    return linked


def unpacked(archive: Path, job: Path) -> Path:
    """Unpacks the model into the folder of a server, and returns the folder."""
    model = JobDirectory(job).model
    model.mkdir(parents=True)
    model_artifact.unpack(archive, model)
    return job


def description(job: Path) -> str:
    found = model_artifact.read_description(JobDirectory(job).model)
    return f"{found.algorithm} on {found.backbone}, {found.num_classes} classes"


@contextmanager
def served(job: Path, pixels: int, body_bytes: int, most_pixels: int) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Runs a server that takes pictures of up to this many pixels, and gives its port."""
    environment = {
        **os.environ,
        BASE_DIR.name: str(job),
        "SAGEMAKER_BIND_TO_PORT": "0",
        "SEMSEG_SCALE": "native",
        "SEMSEG_TILE_PIXELS": str(most_pixels),
        "SEMSEG_MAX_PIXELS": str(pixels),
        "SEMSEG_MAX_BODY_BYTES": str(body_bytes),
        "SEMSEG_DEADLINE_SECONDS": str(SECONDS_TO_ANSWER),
    }
    command = [sys.executable, "-u", "-m", "semseg.container.serve"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process, ready_port(process)
        finally:
            process.terminate()


def ready_port(process: subprocess.Popen[str]) -> int:
    """Waits until /ping of a server that was just started says that it is ready, and returns the port."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"listening on \S+ port (\d+)", line):
            break
    else:
        raise SystemExit("the server ended before it listened")
    threading.Thread(target=forward, args=(process.stdout,), daemon=True).start()
    while process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=60)
        connection.request("GET", "/ping")
        if connection.getresponse().status == 200:
            return int(found[1])
        time.sleep(0.1)
    raise SystemExit("the server ended before its model was loaded")


def forward(log: IO[str]) -> None:
    with suppress(ValueError):  # it is closed once the server has ended
        shutil.copyfileobj(log, sys.stderr)


def asked(port: int, body: bytes) -> np.ndarray:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS_TO_ANSWER)
    connection.request("POST", "/invocations", body, {"Content-Type": "image/jpeg", "Accept": "image/png"})
    answer = connection.getresponse()
    data = answer.read()
    if answer.status != 200:
        raise SystemExit(f"status {answer.status}: {data[:500]!r}")
    Image.MAX_IMAGE_PIXELS = None  # the mask is as large as the picture
    return png_mask.decode(data)


class MemoryProbe:
    """Measures, several times a second, the most memory that a process and its descendants take together.

    It is the sum of what each holds alone and of its share of what several hold (PSS in Linux's smaps_rollup).
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.peak = 0  # bytes
        self.peaks: dict[str, int] = {}  # of each process alone
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> MemoryProbe:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def now(self) -> int:
        total = 0
        for pid in tree(self.pid):
            size, name = proportional_bytes(pid), command_of(pid)
            self.peaks[name] = max(self.peaks.get(name, 0), size)
            total += size
        self.peak = max(self.peak, total)
        return total

    def _look(self) -> None:
        while not self._ended.wait(0.2):
            self.now()


def tree(pid: int) -> list[int]:
    try:
        children = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:  # it has just ended
        return []
    return [pid, *(member for group in children for child in group for member in tree(int(child)))]


def proportional_bytes(pid: int) -> int:
    try:
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return 1024 * int(found[1]) if found else 0


def command_of(pid: int) -> str:
    """Returns the module that a Python process runs."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return "ended"
    return next((word for word in words if word.startswith("semseg.")), words[0])


if __name__ == "__main__":
    main()
