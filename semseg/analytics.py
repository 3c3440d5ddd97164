"""The metrics of a training job, and the trials of a tuning job, as tables.

Source of names and columns: the SageMaker Python SDK v2, ``sagemaker.analytics``.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from semseg.api.shapes import Answer, Request
from semseg.api.side import Side
from semseg.contract.metric_lines import Metric, metric_names
from semseg.errors import UserError
from semseg.session import AnySession, session_or_new

if TYPE_CHECKING:
    import pandas

Row = dict[str, object]  # of a table, by its columns


class TrainingJobAnalytics:
    """The metrics of one job: every value of its log on this machine, means from CloudWatch of a managed one.

    Args:
        training_job_name: a job of the session.
        metric_names: which metrics, and in which order, those of an image of one's own among them; None means all.
        sagemaker_session: None means a Session.
        start_time: leaves out what is earlier.
        end_time: leaves out what is later.
        period: seconds that CloudWatch takes a mean over; None means 60, or more for a job of a day or longer. It has
            no meaning on this machine.
    """

    def __init__(
        self,
        training_job_name: str,
        metric_names: list[str] | None = None,
        sagemaker_session: AnySession | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        period: int | None = None,
    ) -> None:
        self.name = training_job_name
        self._metric_names = metric_names
        self._session: AnySession = session_or_new(sagemaker_session)
        self._period = period
        self._start_time = start_time
        self._end_time = end_time

    def rows(self) -> list[Row]:
        """Returns a dictionary for each value: ``timestamp``, ``metric_name`` and ``value``.

        The time stamp is in seconds since the metric's first value.

        Raises:
            UserError: there is no job of this name, or a metric is neither one of the algorithm's nor one of the job's.
        """
        side = self._session.with_training_job(self.name)
        found = side.training_job_metrics(self.name, self._period)
        metrics = sorted(filter(self._is_wanted, found), key=lambda metric: metric.time)
        rows: list[Row] = []
        for name in self._names(found):
            series = [metric for metric in metrics if metric.name == name]
            for metric in series:
                seconds = (metric.time - series[0].time).total_seconds()
                rows.append({"timestamp": seconds, "metric_name": name, "value": metric.value})
        return rows

    def dataframe(self, force_refresh: bool = False) -> pandas.DataFrame:
        """Returns a pandas DataFrame of :meth:`rows`; it is always read anew.

        Raises:
            UserError: pandas is not installed.
        """
        return _pandas().DataFrame(self.rows(), columns=["timestamp", "metric_name", "value"])

    def export_csv(self, filename: str) -> None:
        """Writes :meth:`dataframe` to a CSV file."""
        self.dataframe().to_csv(filename)

    def _names(self, found: list[Metric]) -> list[str]:
        """Returns the names that were asked for; by default the algorithm's own, and those of the job beside them."""
        known = list(dict.fromkeys([*metric_names(), *(metric.name for metric in found)]))
        for name in self._metric_names or []:
            if name not in known:
                raise UserError(f"a metric must be one of {', '.join(known)}, got {name!r}")
        return self._metric_names or known

    def _is_wanted(self, metric: Metric) -> bool:
        after_start = self._start_time is None or metric.time >= self._start_time.astimezone()
        return after_start and (self._end_time is None or metric.time <= self._end_time.astimezone())


def _pandas() -> Any:
    try:
        import pandas
    except ImportError as error:
        raise UserError("dataframe() needs pandas, which is not installed: pip install pandas") from error
    return pandas


class HyperparameterTuningJobAnalytics:
    """The trials of one tuning job.

    Args:
        hyperparameter_tuning_job_name: a tuning job's name.
        sagemaker_session: None means ``Session()``.
    """

    def __init__(self, hyperparameter_tuning_job_name: str, sagemaker_session: AnySession | None = None) -> None:
        self.name = hyperparameter_tuning_job_name
        self._session: AnySession = session_or_new(sagemaker_session)

    def description(self, force_refresh: bool = False) -> Answer:
        """Returns the job, shaped as DescribeHyperParameterTuningJob's answer; it is always asked for anew."""
        return self._side().describe_tuning_job(self.name)

    def training_job_summaries(self, force_refresh: bool = False) -> list[Answer]:
        """Returns the trials, each shaped as the API's HyperParameterTrainingJobSummary; always asked for anew."""
        return self._side().tuning_job_trials(self.name)

    def rows(self) -> list[Row]:
        """Returns a dictionary for each trial: its hyperparameters, and the columns that the SDK names."""
        return [_row(trial) for trial in self.training_job_summaries()]

    def dataframe(self, force_refresh: bool = False) -> pandas.DataFrame:
        """Returns a pandas DataFrame of :meth:`rows`.

        Raises:
            UserError: pandas is not installed.
        """
        return _pandas().DataFrame(self.rows())

    def export_csv(self, filename: str) -> None:
        """Writes :meth:`dataframe` to a CSV file."""
        self.dataframe().to_csv(filename)

    def _side(self) -> Side:
        return self._session.with_tuning_job(self.name)


def _row(trial: Request) -> Row:
    began, ended = trial.get("TrainingStartTime"), trial.get("TrainingEndTime")
    metric = trial.get("FinalHyperParameterTuningJobObjectiveMetric") or {}
    return {
        **{name: _number(value) for name, value in trial["TunedHyperParameters"].items()},
        "TrainingJobName": trial["TrainingJobName"],
        "TrainingJobStatus": trial["TrainingJobStatus"],
        "FinalObjectiveValue": metric.get("Value"),
        "TrainingStartTime": began,
        "TrainingEndTime": ended,
        "TrainingElapsedTimeSeconds": (ended - began).total_seconds() if began and ended else None,
    }


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
