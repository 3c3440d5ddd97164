"""The name that :mod:`semseg.job` had in version 0.3."""

from semseg.job import Logs, TrainingJob, shows_logs

__all__ = ["Logs", "TrainingJob", "shows_logs"]
