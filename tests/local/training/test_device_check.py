from __future__ import annotations

import re
from pathlib import Path

import pytest

from semseg.errors import PlatformError
from semseg.local.training.device_check import Devices, check_device
from semseg.machine.facts import has_driver, processor_types
from tests.local.fakes import channels_at, estimator_at

PLAIN = Devices(("float32",), may_have_gpu=False)
NO_GPU = "There is no GPU that the NVIDIA driver shows; use instance_type='local'"


def processor_with(flags: str, root: Path) -> Path:
    (root / "proc").mkdir()
    (root / "proc" / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    return root


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_a_type_that_the_processor_would_only_emulate_is_refused(precision: str) -> None:
    with pytest.raises(PlatformError) as refusal:
        check_device("local", {"precision_dtype": precision}, PLAIN)
    assert str(refusal.value) == (
        f"precision_dtype '{precision}' needs a device with instructions for it, and this processor has them for "
        "float32 alone; leave it out, or set it to 'auto'"
    )


def test_a_job_for_a_gpu_is_refused_where_there_is_no_driver() -> None:
    with pytest.raises(PlatformError, match=re.escape(NO_GPU)):
        check_device("local_gpu", {}, PLAIN)


@pytest.mark.parametrize(
    ("instance_type", "strings", "devices"),
    [
        ("local", {}, PLAIN),
        ("local", {"precision_dtype": "auto"}, PLAIN),
        ("local", {"precision_dtype": "float32"}, PLAIN),
        ("local", {"precision_dtype": "bfloat16"}, Devices(("float32", "bfloat16"), may_have_gpu=False)),
        ("local_gpu", {"precision_dtype": "float16"}, Devices(("float32",), may_have_gpu=True)),  # the job looks at it
    ],
)
def test_what_may_work_is_left_to_the_job(instance_type: str, strings: dict[str, str], devices: Devices) -> None:
    check_device(instance_type, strings, devices)


@pytest.mark.parametrize(
    ("flags", "types"),
    [("avx2 fma", ("float32",)), ("avx512_bf16 avx2", ("float32", "bfloat16")), ("amx_bf16", ("float32", "bfloat16"))],
)
def test_a_processor_tells_its_types(flags: str, types: tuple[str, ...], tmp_path: Path) -> None:
    assert processor_types(processor_with(flags, tmp_path)) == types


def test_fit_refuses_before_there_is_a_job(tmp_path: Path) -> None:
    estimator = estimator_at(tmp_path / "home")
    estimator.set_hyperparameters(precision_dtype="float16")
    with pytest.raises(PlatformError, match=r"^precision_dtype 'float16' needs a device with instructions for it"):
        estimator.fit(channels_at(tmp_path), logs=False)
    assert not (tmp_path / "home").exists()


@pytest.mark.skipif(has_driver(), reason="this machine has an NVIDIA driver")
def test_fit_on_a_gpu_that_is_not_there_refuses_before_there_is_a_job(tmp_path: Path) -> None:
    estimator = estimator_at(tmp_path / "home")
    estimator.instance_type = "local_gpu"
    with pytest.raises(PlatformError, match=re.escape(NO_GPU)):
        estimator.fit(channels_at(tmp_path), logs=False)
    assert not (tmp_path / "home").exists()
