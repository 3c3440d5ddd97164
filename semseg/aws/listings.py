"""What there is on SageMaker, listed as boto3 lists it."""

from __future__ import annotations

from semseg.api.lists import Lists
from semseg.api.shapes import Answer, Request
from semseg.aws.account import Account
from semseg.aws.faults import faults_as_sentences


class SageMakerListings(Lists, Account):
    """Lists what an account has on SageMaker."""

    def _list(self, what: str, filters: Request) -> Answer:
        with faults_as_sentences(f"list the {what.replace('_', ' ')} of SageMaker"):
            return dict(getattr(self.sagemaker_client, f"list_{what}")(**filters))
