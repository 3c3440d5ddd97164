from __future__ import annotations

from pathlib import Path

from semseg.contract.job_directory import JobDirectory


def test_files_and_folders_lie_where_sagemaker_puts_them() -> None:
    job = JobDirectory.from_environment({})
    assert [
        *(job.root, job.hyperparameters, job.input_data_config, job.resource_config, job.channel("train")),
        *(job.model, job.checkpoints, job.output, job.output_data, job.failure),
    ] == [
        Path("/opt/ml"),
        Path("/opt/ml/input/config/hyperparameters.json"),
        Path("/opt/ml/input/config/inputdataconfig.json"),
        Path("/opt/ml/input/config/resourceconfig.json"),
        Path("/opt/ml/input/data/train"),
        Path("/opt/ml/model"),
        Path("/opt/ml/checkpoints"),
        Path("/opt/ml/output"),
        Path("/opt/ml/output/data"),
        Path("/opt/ml/output/failure"),
    ]


def test_a_job_may_lie_below_another_root() -> None:
    assert JobDirectory.from_environment({"SAGEMAKER_BASE_DIR": "/jobs/a"}).model == Path("/jobs/a/model")
