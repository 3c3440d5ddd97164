"""ManagedSession: what an Estimator, a Model and a Predictor ask for, done by SageMaker."""

from __future__ import annotations

from semseg.aws.account import Account


class ManagedSession(Account):
    """Jobs and endpoints on SageMaker, through boto3; offers the methods of LocalSession."""

    def for_instance(self, instance_type: str | None) -> ManagedSession:
        """This session, for an instance type that SageMaker has."""
        return self
