from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from semseg.analytics import TrainingJobAnalytics
from semseg.aws.managed_session import ManagedSession
from semseg.errors import UserError
from semseg.local import LocalSession
from tests.local.fake_train import LOG
from tests.local.fakes import session_at


@pytest.fixture
def session(tmp_path: Path) -> LocalSession:
    """A session with a job of which there is little more than its log."""
    job = tmp_path / "jobs" / "job"
    job.mkdir(parents=True)
    (job / "job.json").write_text("{}")
    (job / "log.txt").write_text(LOG)
    return session_at(tmp_path)


def test_a_row_is_seconds_since_the_first_value_of_its_metric(session: LocalSession) -> None:
    assert TrainingJobAnalytics("job", sagemaker_session=session).rows() == [
        {"timestamp": 0.0, "metric_name": "train:loss", "value": 0.5},
        {"timestamp": 0.0, "metric_name": "validation:mIOU", "value": 0.25},
        {"timestamp": 5.0, "metric_name": "validation:mIOU", "value": 0.75},
    ]


def test_metrics_can_be_chosen_by_name_and_time(session: LocalSession) -> None:
    analytics = TrainingJobAnalytics(
        "job", ["validation:mIOU"], session, start_time=datetime(2024, 1, 31, 10, 0, 3), end_time=datetime(2024, 2, 1)
    )
    assert analytics.rows() == [{"timestamp": 0.0, "metric_name": "validation:mIOU", "value": 0.75}]


def test_a_metric_that_does_not_exist_is_refused(session: LocalSession) -> None:
    with pytest.raises(UserError, match=r"^a metric must be one of train:loss, .* got 'validation:loss'$"):
        TrainingJobAnalytics("job", ["validation:loss"], session).rows()


def test_the_metrics_of_an_image_of_ones_own_are_rows_by_their_own_names(aws: str) -> None:
    session = ManagedSession()  # moto gives every job the metric test:dcg
    session.sagemaker_client.create_training_job(
        TrainingJobName="own",
        RoleArn="arn:aws:iam::123456789012:role/training",
        AlgorithmSpecification={"TrainingImage": "own:1", "TrainingInputMode": "File"},
        OutputDataConfig={"S3OutputPath": "s3://models/own"},
        ResourceConfig={"InstanceType": "ml.p3.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        StoppingCondition={"MaxRuntimeInSeconds": 3600},
    )
    session.connection.client("cloudwatch").put_metric_data(
        Namespace="/aws/sagemaker/TrainingJobs",
        MetricData=[
            {
                "MetricName": "test:dcg",
                "Dimensions": [{"Name": "TrainingJobName", "Value": "own"}],
                "Timestamp": session.describe_training_job("own")["TrainingStartTime"] + timedelta(seconds=10),
                "Value": 0.75,
            }
        ],
    )
    row = {"timestamp": 0.0, "metric_name": "test:dcg", "value": 0.75}
    assert TrainingJobAnalytics("own", sagemaker_session=session).rows() == [row]
    assert TrainingJobAnalytics("own", ["test:dcg"], session).rows() == [row]
    with pytest.raises(UserError, match=r"^a metric must be one of train:loss, .*, test:dcg, got 'other'$"):
        TrainingJobAnalytics("own", ["other"], session).rows()


def test_a_job_that_does_not_exist_is_refused(session: LocalSession) -> None:
    with pytest.raises(UserError, match=r"'other' .* latest: job$"):
        TrainingJobAnalytics("other", sagemaker_session=session).rows()


def test_the_table_is_a_dataframe(session: LocalSession, tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    frame = TrainingJobAnalytics("job", ["train:loss"], session).dataframe()
    assert list(frame.columns) == ["timestamp", "metric_name", "value"]
    assert frame.to_dict("records") == [{"timestamp": 0.0, "metric_name": "train:loss", "value": 0.5}]
    TrainingJobAnalytics("job", ["train:loss"], session).export_csv(str(tmp_path / "metrics.csv"))
    assert (tmp_path / "metrics.csv").read_text() == ",timestamp,metric_name,value\n0,0.0,train:loss,0.5\n"


WITHOUT_PANDAS = """
import sys
sys.modules["pandas"] = None
from semseg.analytics import TrainingJobAnalytics
TrainingJobAnalytics("job").dataframe()
"""


def test_without_pandas_the_way_out_is_said() -> None:
    ended = subprocess.run([sys.executable, "-c", WITHOUT_PANDAS], check=False, capture_output=True, text=True)
    assert "UserError: dataframe() needs pandas, which is not installed: pip install pandas" in ended.stderr
