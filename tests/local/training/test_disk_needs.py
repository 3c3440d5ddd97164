"""The room that a training job takes, counted by hand, and compared with the files of both engines."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from semseg.archive.mxnet_parameters import write_parameters
from semseg.contract.hyperparameters import Hyperparameters
from semseg.errors import UserError
from semseg.local.jobs.home import Home
from semseg.local.training.disk_needs import (
    REMEMBERED,
    JobSizes,
    at_the_end,
    check_disks,
    kept_bytes,
    parameter_count,
    while_training,
)
from semseg.local.training.jobs import Jobs
from semseg.plumbing.disk_need import DiskNeed
from tests.full_disk import small_disk
from tests.local.fakes import TRAIN, request_at

NETWORKS = [*itertools.product(("fcn", "psp", "deeplab"), ("resnet-50", "resnet-101"), (True, False))]


def hyperparameters(**changes: str) -> Hyperparameters:
    return Hyperparameters.from_strings({"num_classes": "21", "num_training_samples": "4", **changes})


def small_sizes(exported: int = 0) -> JobSizes:
    return JobSizes(parameters=10, checkpoint=30, exported=exported)


def request(folder: Path, **changes: Any) -> dict[str, Any]:
    asked = {"num_classes": "21", "num_training_samples": "4"}
    output = {"S3OutputPath": (folder / "home" / "jobs").as_uri()}
    return {**request_at(folder), "HyperParameters": asked, "OutputDataConfig": output, **changes}


def test_an_fcn_is_counted_by_hand() -> None:
    # Encoder 23,685,312; head 2048 * 512 * 9 + 4 * 512 = 9,439,232, and (512 + 1) * 21 = 10,773;
    # auxiliary head 1024 * 256 * 9 + 4 * 256 = 2,360,320, and (256 + 1) * 21 = 5,397.
    assert parameter_count(hyperparameters(_aux_loss="False")) == 33_135_317
    assert parameter_count(hyperparameters()) == 35_501_034


def test_a_checkpoint_has_the_parameters_and_what_the_optimizer_remembers() -> None:
    sizes = JobSizes.of(hyperparameters(optimizer="adam"))
    assert (sizes.parameters, sizes.checkpoint, sizes.exported) == (142_004_136, 3 * 142_004_136, 0)
    assert JobSizes.of(hyperparameters(optimizer="sgd")).checkpoint == 2 * 142_004_136
    assert JobSizes.of(hyperparameters(optimizer="sgd", ema_decay="0.9")).checkpoint == 3 * 142_004_136
    exporting = hyperparameters(export="onnx-fp32")
    assert JobSizes.of(exporting).exported == 142_004_136


def test_while_it_trains_a_job_keeps_three_checkpoints_and_its_best_parameters(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert while_training(request(tmp_path), small_sizes(), home) == [
        DiskNeed(home.jobs, 90, "checkpoints"),
        DiskNeed(home.jobs, 10, "best parameters"),
    ]


def test_at_its_end_a_job_keeps_two_checkpoints_a_model_and_its_archive(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert at_the_end(request(tmp_path), small_sizes(exported=7), home) == [
        DiskNeed(home.jobs, 60, "checkpoints"),
        DiskNeed(home.jobs, 34, "model"),  # best, last, the form, and the graph that it is made of
        DiskNeed(home.jobs / "job" / "output", 27, "archive"),
    ]


def test_checkpoints_in_another_folder_are_counted_there_too_and_results_for_s3_here(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    elsewhere = {"CheckpointConfig": {"S3Uri": (tmp_path / "kept").as_uri()}}
    asked = request(tmp_path, OutputDataConfig={"S3OutputPath": "s3://bucket/models"}, **elsewhere)
    assert [need.place for need in at_the_end(asked, small_sizes(), home)] == [
        home.jobs, tmp_path / "kept", home.jobs, home.jobs
    ]  # fmt: skip
    assert [need.size for need in at_the_end(asked, small_sizes(), home)] == [90, 80, 20, 20]
    in_s3 = request(tmp_path, CheckpointConfig={"S3Uri": "s3://bucket/kept"})
    assert [need.size for need in while_training(in_s3, small_sizes(), home)] == [120, 10]


def test_a_job_that_cannot_fit_is_refused_before_it_begins(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4096 * 1000) as disk:
        jobs = Jobs(Home(disk / "home"), TRAIN)
        with pytest.raises(UserError) as refusal:
            jobs.start(request(tmp_path, OutputDataConfig={}))
        # 2 checkpoints of 2 sets, the best, the last, and an archive of both: 8 sets of 142,004,136 bytes
        assert str(refusal.value).startswith(
            f"training job 'job' needs 1.14 GB on file system {disk} (checkpoints 568 MB, model 284 MB, archive 284 "
            f"MB), and 4.1 MB are free there: "
        )
        assert list(jobs.place.iterdir()) == []


def test_a_job_that_is_resumed_needs_no_room_for_the_checkpoints_that_it_has(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1_200_000_000) as disk:
        home, asked = Home(disk), request(tmp_path, OutputDataConfig={"S3OutputPath": disk.as_uri()})
        account = Jobs(home, TRAIN).account
        (first,) = check_disks(asked, [], home, account)
        assert "needs 1.14 GB on file system" in first
        # 8 sets less 2; while it trains, 7 less 2
        assert check_disks(asked, [], home, account, kept=2 * 142_004_136) == []
        (disk / "checkpoints" / "epoch-0001").mkdir(parents=True)
        (disk / "checkpoints" / "epoch-0001" / "a").write_bytes(bytes(12))
        assert kept_bytes(disk / "checkpoints") == 12
        assert kept_bytes(disk / "none") == 0


def test_a_job_that_fits_barely_begins_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with small_disk(tmp_path / "disk", 1_200_000_000) as disk:
        _, lock = Jobs(Home(disk / "home"), TRAIN).prepare(request(tmp_path, OutputDataConfig={}))
        lock.close()
        assert "training job 'job' needs 1.14 GB on file system" in caplog.text
        assert "and 1.2 GB are free there, which is hardly enough" in caplog.text


def test_hyperparameters_that_are_none_are_left_to_the_job(tmp_path: Path) -> None:
    asked = request(tmp_path, HyperParameters={"num_classes": "0"})
    assert check_disks(asked, [], Home(tmp_path / "home"), Jobs(Home(tmp_path)).account) == []


@pytest.mark.pytorch
@pytest.mark.parametrize(("algorithm", "backbone", "aux"), NETWORKS)
def test_the_counts_are_those_of_the_networks_of_pytorch(algorithm: str, backbone: str, aux: bool) -> None:
    from semseg.engines.pytorch.network import build_network
    from semseg.engines.pytorch.parameters import named_tensors

    wanted = hyperparameters(algorithm=algorithm, backbone=backbone, _aux_loss=str(aux))
    network = build_network(algorithm, backbone, 21, aux)
    assert sum(tensor.numel() for tensor in named_tensors(network).values()) == parameter_count(wanted)


@pytest.mark.pytorch
def test_a_file_is_as_large_as_counted_but_for_its_names(tmp_path: Path) -> None:
    import numpy as np

    from semseg.engines.pytorch.network import build_network
    from semseg.engines.pytorch.parameters import named_tensors

    tensors = named_tensors(build_network("fcn", "resnet-50", 21, aux=False))
    write_parameters(tmp_path / "a", {name: np.zeros(tuple(one.shape), np.float32) for name, one in tensors.items()})
    size, counted = (tmp_path / "a").stat().st_size, 4 * 33_135_317
    (tmp_path / "a").unlink()
    assert counted < size < counted + 100_000


@pytest.mark.pytorch
@pytest.mark.parametrize("optimizer", REMEMBERED)
def test_an_optimizer_of_pytorch_remembers_as_much_as_counted(optimizer: str) -> None:
    from semseg.engines.pytorch.update_rules import rule_of

    assert len(rule_of(hyperparameters(optimizer=optimizer)).first_values) == REMEMBERED[optimizer]


@pytest.mark.engine
@pytest.mark.parametrize("optimizer", REMEMBERED)
def test_an_optimizer_of_mxnet_remembers_as_much_as_counted(optimizer: str) -> None:
    import mxnet

    from semseg.engines.gluon.optimizer_state import _arrays
    from semseg.engines.gluon.optimizers import name_and_arguments

    name, arguments = name_and_arguments(hyperparameters(optimizer=optimizer))
    state = mxnet.optimizer.create(name, **arguments).create_state(0, mxnet.nd.zeros(3))
    assert len(_arrays(state)) == REMEMBERED[optimizer]
