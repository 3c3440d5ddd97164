from __future__ import annotations

from pathlib import Path

import pytest

from semseg.errors import PlatformError
from semseg.machine.graphics import Gpu
from tests.machine.machines import H100, V100

pytestmark = pytest.mark.pytorch


def machine_with(flags: str, root: Path, line: str = "flags\t") -> Path:
    (root / "proc").mkdir()
    (root / "proc" / "cpuinfo").write_text(f"processor\t: 0\n{line}\t: {flags}\nbugs\t\t: spectre_v1\n")
    return root


@pytest.mark.parametrize(
    ("instance_type", "local_rank", "gpus", "mps", "expected"),
    [
        ("local", 0, [H100, H100], True, "cpu"),
        ("local_gpu", 1, [H100, H100], False, "cuda:1"),
        ("local_gpu", 0, [], True, "mps"),
        ("ml.p3.8xlarge", 0, [H100] * 4, False, "cuda:0"),
        ("ml.c5.xlarge", 0, [], False, "cpu"),
        ("ml.c5.xlarge", 0, [], True, "cpu"),
        # no code for the V100
        ("local_gpu", 0, [V100, H100], False, "cuda:1"),
        ("ml.p3.2xlarge", 0, [V100], False, "cpu"),
    ],
)
def test_the_device_of_an_instance_type(
    instance_type: str, local_rank: int, gpus: list[Gpu], mps: bool, expected: str
) -> None:
    from semseg.engines.pytorch.devices import chosen_device

    assert str(chosen_device(instance_type, local_rank, gpus, mps, ("sm_75", "sm_90"))) == expected


def test_local_is_the_cpu_of_this_machine() -> None:
    from semseg.engines.pytorch.devices import device

    assert str(device("local")) == "cpu"


def test_local_gpu_without_a_gpu_is_refused() -> None:
    from semseg.engines.pytorch.devices import chosen_device

    with pytest.raises(PlatformError, match="'local_gpu' needs a GPU that PyTorch can use, and there is none here"):
        chosen_device("local_gpu", 0, [], False, ())


def test_a_gpu_that_pytorch_holds_no_code_for_is_refused_before_a_kernel_fails() -> None:
    from semseg.engines.pytorch.devices import chosen_device

    with pytest.raises(PlatformError, match=r"holds no code for the Tesla V100 \(.* it holds sm_75 sm_90\); install a"):
        chosen_device("local_gpu", 0, [V100], False, ("sm_75", "sm_90"))


def test_more_processes_than_gpus_are_refused() -> None:
    from semseg.engines.pytorch.devices import chosen_device

    with pytest.raises(PlatformError, match=r"Process 2 of this machine .*can use 2 here"):
        chosen_device("local_gpu", 2, [H100, H100, V100], False, ("sm_90",))
    with pytest.raises(PlatformError, match=r"Process 1 of this machine .*can use 1 here"):
        chosen_device("local_gpu", 1, [], True, ())


@pytest.mark.parametrize(
    ("flags", "precision", "expected"),
    [
        ("avx2 fma", "float32", "float32"),
        ("avx2 fma", "auto", "float32"),
        ("avx512_bf16 avx2", "auto", "bfloat16"),
        ("amx_bf16", "bfloat16", "bfloat16"),
        ("avx512_bf16", "float32", "float32"),
    ],
)
def test_a_processor_computes_in_what_it_has_instructions_for(
    flags: str, precision: str, expected: str, tmp_path: Path
) -> None:
    import torch

    from semseg.engines.pytorch.devices import computation_type

    found = computation_type(precision, torch.device("cpu"), machine_with(flags, tmp_path))
    assert str(found) == f"torch.{expected}"


@pytest.mark.parametrize(
    ("flags", "expected"), [("fp asimd sve bf16 i8mm", "bfloat16"), ("fp asimd fphp asimdhp", "float32")]
)
def test_an_arm_processor_computes_in_what_it_has_instructions_for(flags: str, expected: str, tmp_path: Path) -> None:
    import torch

    from semseg.engines.pytorch.devices import computation_type

    found = computation_type("auto", torch.device("cpu"), machine_with(flags, tmp_path, "Features"))
    assert str(found) == f"torch.{expected}"


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_what_a_processor_would_only_emulate_is_refused(precision: str, tmp_path: Path) -> None:
    import torch

    from semseg.engines.pytorch.devices import computation_type

    with pytest.raises(PlatformError) as refusal:
        computation_type(precision, torch.device("cpu"), machine_with("avx2 avx512f", tmp_path))
    assert str(refusal.value) == (
        f"precision_dtype '{precision}' needs a device with instructions for it, and this processor has them for "
        "float32 alone; leave it out, or set it to 'auto'"
    )


def test_a_system_that_does_not_tell_its_processor_gets_float32(tmp_path: Path) -> None:
    import torch

    from semseg.engines.pytorch.devices import computation_type

    assert computation_type("auto", torch.device("cpu"), tmp_path) == torch.float32


@pytest.mark.parametrize(
    ("device", "compute", "expected"),
    [
        ("cpu", "float32", "contiguous_format"),
        ("cpu", "bfloat16", "channels_last"),
        ("cuda", "float32", "channels_last"),
        ("cuda", "float16", "channels_last"),
        ("mps", "float32", "contiguous_format"),
    ],
)
def test_pictures_lie_channels_last_where_that_is_faster(device: str, compute: str, expected: str) -> None:
    import torch

    from semseg.engines.pytorch.devices import memory_format

    assert memory_format(torch.device(device), getattr(torch, compute)) == getattr(torch, expected)
