"""Models, endpoint configurations and endpoints of SageMaker."""

from __future__ import annotations

import os
import time
from typing import Any

from semseg.api.shapes import Answer, Request
from semseg.aws.account import Account
from semseg.aws.faults import faults_as_sentences
from semseg.contract.echoed import echoed
from semseg.errors import PlatformError, RequestError, UnexpectedStatusException, UserError
from semseg.plumbing.counted import counted

POLL_SECONDS = 30.0
BUSY, BUSY_SECONDS = 503, 1.0  # of a model that has its hands full, and when it may be asked again
UNDER_WAY = ("Creating", "Updating", "SystemUpdating", "RollingBack")


class Endpoints:
    """The models, endpoint configurations and endpoints of one account.

    Args:
        account: reaches SageMaker.
        poll_seconds: between two looks at an endpoint that is waited for.
    """

    def __init__(self, account: Account, poll_seconds: float = POLL_SECONDS) -> None:
        self.account = account
        self.poll_seconds = poll_seconds

    def create_model(self, request: Request) -> None:
        """Creates a model; the request is shaped as CreateModel.

        Raises:
            UserError: the role or the model's location is missing, or AWS refused the request.
        """
        if not request.get("ExecutionRoleArn"):
            raise UserError(
                "a managed model needs a role, got None: give the ARN of one that SageMaker may assume, "
                "such as get_execution_role()"
            )
        data = request.get("PrimaryContainer", {}).get("ModelDataUrl")
        if data is not None and not data.lower().startswith("s3://"):
            pack = f"pack its files (tar -czf model.tar.gz -C {data} .), and " if os.path.isdir(data) else ""
            raise UserError(
                f"model_data of a managed model must be in S3, got {echoed(data)}: "
                f"{pack}upload it with S3Uploader.upload()"
            )
        whole = {**request, "ExecutionRoleArn": self.account.expand_role(request["ExecutionRoleArn"])}
        with faults_as_sentences(f"create model {request['ModelName']!r}"):
            try:
                self._client.create_model(**whole)
            except self._client.exceptions.ClientError:
                if not self._has_same_model(whole):
                    raise

    def _has_same_model(self, request: Request) -> bool:
        """Returns whether there is an equal model of this name already, for a model is deployed more than once."""
        try:
            kept = self._client.describe_model(ModelName=request["ModelName"])
        except self._client.exceptions.ClientError:
            return False
        asked = {"Environment": {}, **request["PrimaryContainer"]}
        same_container = all({"Environment": {}, **kept["PrimaryContainer"]}.get(key) == asked[key] for key in asked)
        return same_container and kept["ExecutionRoleArn"] == request["ExecutionRoleArn"]

    def describe_model(self, name: str) -> Answer:
        """Returns what DescribeModel answers."""
        with faults_as_sentences(f"describe model {name!r}"):
            return dict(self._client.describe_model(ModelName=name))

    def delete_model(self, name: str) -> None:
        """Deletes a model; its archive stays."""
        with faults_as_sentences(f"delete model {name!r}"):
            self._client.delete_model(ModelName=name)

    def create_config(self, request: Request) -> None:
        """Creates an endpoint configuration; the request is shaped as CreateEndpointConfig."""
        with faults_as_sentences(f"create endpoint configuration {request['EndpointConfigName']!r}"):
            self._client.create_endpoint_config(**request)

    def describe_config(self, name: str) -> Answer:
        """Returns what DescribeEndpointConfig answers."""
        with faults_as_sentences(f"describe endpoint configuration {name!r}"):
            return dict(self._client.describe_endpoint_config(EndpointConfigName=name))

    def delete_config(self, name: str) -> None:
        """Deletes an endpoint configuration."""
        with faults_as_sentences(f"delete endpoint configuration {name!r}"):
            self._client.delete_endpoint_config(EndpointConfigName=name)

    def create(self, request: Request) -> None:
        """Starts to make an endpoint, and returns at once; the request is shaped as CreateEndpoint."""
        with faults_as_sentences(f"create endpoint {request['EndpointName']!r}"):
            self._client.create_endpoint(**request)

    def update(self, name: str, config_name: str) -> None:
        """Starts to give an endpoint another configuration, and returns at once."""
        with faults_as_sentences(f"update endpoint {name!r}"):
            self._client.update_endpoint(EndpointName=name, EndpointConfigName=config_name)

    def describe(self, name: str) -> Answer:
        """Returns what DescribeEndpoint answers."""
        with faults_as_sentences(f"describe endpoint {name!r}"):
            return dict(self._client.describe_endpoint(EndpointName=name))

    def delete(self, name: str) -> None:
        """Deletes an endpoint; its configuration and its model stay."""
        with faults_as_sentences(f"delete endpoint {name!r}"):
            self._client.delete_endpoint(EndpointName=name)

    def wait(self, name: str, seconds: float | None) -> None:
        """Waits until an endpoint answers, showing a hyphen for each look and an exclamation mark at the end.

        Args:
            seconds: the longest wait; None waits for as long as SageMaker takes.

        Raises:
            PlatformError: it failed, or was not ready in time; it is left as it is.
        """
        teller = self.account.teller
        deadline = float("inf") if seconds is None else time.monotonic() + seconds
        try:
            status = self.describe(name)
            while status["EndpointStatus"] in UNDER_WAY:
                if time.monotonic() > deadline:
                    raise PlatformError(
                        f"endpoint {name!r} must be ready within {counted(seconds or 0, 'second')}, and is "
                        f"{status['EndpointStatus']}"
                    )
                teller.mark("-")
                time.sleep(self.poll_seconds)
                status = self.describe(name)
        except BaseException:
            teller.line("")  # ends the line of hyphens
            raise
        if status["EndpointStatus"] != "InService":
            teller.line("*")
            reason = status.get("FailureReason") or "SageMaker gave none"
            sentence = f"endpoint {name!r} is {status['EndpointStatus']}. Reason: {reason}"
            raise UnexpectedStatusException(sentence, ("InService",), status["EndpointStatus"])
        teller.line("!")

    def invoke(self, request: Request) -> Answer:
        """Sends one request, shaped as the API's InvokeEndpoint, and returns the answer.

        Returns:
            ``{"Body": a binary stream, "ContentType": a media type, ...}``.

        Raises:
            RequestError: the model refused it; carries the HTTP status that the model gave.
            UserError, PlatformError: AWS refused it, or could not be reached.
        """
        from botocore.exceptions import ClientError

        with faults_as_sentences(f"ask endpoint {request['EndpointName']!r}"):
            try:
                return dict(self.account.sagemaker_runtime_client.invoke_endpoint(**request))
            except ClientError as error:
                if error.response["Error"]["Code"] == "ModelError":
                    raise _refused_by_model(error.response) from None
                if error.response["Error"]["Code"] == "ValidationError":
                    raise RequestError(400, str(error.response["Error"].get("Message", ""))) from None
                raise

    def invoke_async(self, request: Request) -> Answer:
        """Sends one request, shaped as InvokeEndpointAsync; the answer says where the result will be."""
        with faults_as_sentences(f"ask endpoint {request['EndpointName']!r}"):
            return dict(self.account.sagemaker_runtime_client.invoke_endpoint_async(**request))

    @property
    def _client(self) -> Any:
        return self.account.sagemaker_client


def _refused_by_model(response: Request) -> RequestError:
    """Returns what the model itself said; SageMaker wraps it into an answer of its own, without the Retry-After."""
    message = response.get("OriginalMessage") or response["Error"].get("Message", "")
    status = int(response.get("OriginalStatusCode", 500))
    return RequestError(status, str(message), BUSY_SECONDS if status == BUSY else None)
