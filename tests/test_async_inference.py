"""Answers of asynchronous endpoints, waited for as scripts of the SageMaker Python SDK do."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from semseg import exceptions
from semseg.async_inference import AsyncInferenceResponse, WaiterConfig
from semseg.contract.s3_uri import S3Uri
from semseg.deserializers import BytesDeserializer, StringDeserializer
from semseg.errors import PlatformError, RequestError, UserError
from semseg.predictor import Predictor
from semseg.predictor_async import AsyncPredictor
from semseg.serializers import StringSerializer
from semseg.session import Session

QUICK = WaiterConfig(max_attempts=2, delay=0.01)


@pytest.fixture
def predictor(aws: str) -> AsyncPredictor:
    return AsyncPredictor(Predictor("later", Session()))


def answer_of(predictor: AsyncPredictor, name: str = "answer") -> tuple[AsyncInferenceResponse, S3Uri]:
    where = S3Uri(predictor.sagemaker_session.default_bucket(), name)
    return AsyncInferenceResponse(predictor, str(where), f"{where}-failed"), where


def test_an_answer_that_is_not_there_is_looked_for_once(predictor: AsyncPredictor) -> None:
    answer, where = answer_of(predictor)
    with pytest.raises(exceptions.ObjectNotExistedError, match=f"^the answer {where} is not there: "):
        answer.get_result()
    predictor.sagemaker_session.objects.write(where, b"first")
    assert answer.get_result() == b"first"
    predictor.sagemaker_session.objects.write(where, b"second")
    assert answer.get_result() == b"first"


def test_an_answer_that_does_not_come_is_a_time_out_after_the_last_attempt(predictor: AsyncPredictor) -> None:
    answer, where = answer_of(predictor)
    sentence = f"^the answer {where} was not there within 0.02 s: "
    with pytest.raises(exceptions.PollingTimeoutError, match=sentence) as late:
        answer.get_result(QUICK)
    assert isinstance(late.value, PlatformError)
    with pytest.raises(UserError, match=r"^waiter_config must be a WaiterConfig\(\), got dict$"):
        answer.get_result({"Delay": 1})  # type: ignore[arg-type]


def test_an_answer_that_comes_later_is_waited_for(predictor: AsyncPredictor) -> None:
    answer, where = answer_of(predictor)
    later = threading.Timer(0.3, predictor.sagemaker_session.objects.write, (where, b"answer"))
    later.start()
    assert answer.get_result(WaiterConfig(max_attempts=600, delay=0.05)) == b"answer"
    later.join()


def test_a_refusal_is_the_error_of_the_sdk_and_has_a_status(predictor: AsyncPredictor) -> None:
    answer, where = answer_of(predictor)
    text = 'Received client error (415) from primary with message "no picture"'
    predictor.sagemaker_session.objects.write(S3Uri(where.bucket, f"{where.key}-failed"), text.encode())
    with pytest.raises(exceptions.AsyncInferenceModelError) as refused:
        answer.get_result()
    assert isinstance(refused.value, RequestError)
    assert (refused.value.status, str(refused.value)) == (415, text)


class NoS3:
    """Objects of an S3 that refuses every question."""

    def find(self, uri: S3Uri) -> None:
        raise UserError(f"S3 refuses to read {uri}")


def test_what_s3_says_against_a_look_is_an_unexpected_error(predictor: AsyncPredictor) -> None:
    session = SimpleNamespace(objects=NoS3())
    asker = SimpleNamespace(predictor=SimpleNamespace(sagemaker_session=session))
    with pytest.raises(exceptions.UnexpectedClientError, match=r"^S3 refuses to read s3://a/b$"):
        AsyncInferenceResponse(asker, "s3://a/b", None).get_result()
    with pytest.raises(UserError, match=r"^output_path must be an S3 URI"):
        AsyncInferenceResponse(predictor, "a/b", None).get_result()


def test_a_serializer_that_is_set_is_the_one_that_is_used(predictor: AsyncPredictor) -> None:
    predictor.serializer, predictor.deserializer = StringSerializer(), StringDeserializer()
    answer, where = answer_of(predictor, "text")
    predictor.sagemaker_session.objects.write(where, b"text")
    assert answer.get_result() == "text"
    assert isinstance(predictor.predictor.serializer, StringSerializer)
    predictor.predictor.deserializer = BytesDeserializer()
    assert isinstance(predictor.deserializer, BytesDeserializer)


@pytest.mark.parametrize(("attempts", "delay"), [(0, 1), (1, -1)])
def test_a_wait_that_is_none_is_refused(attempts: int, delay: float) -> None:
    assert WaiterConfig()._to_request_dict() == {"Delay": 15, "MaxAttempts": 60}
    with pytest.raises(UserError, match=r"^max_attempts must be at least 1 and delay at least 0 seconds, got"):
        WaiterConfig(attempts, delay)
