"""The predictor, over one small server in a process of its own."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
from PIL import Image

from semseg.base_deserializers import Stream
from semseg.deserializers import BaseDeserializer, BytesDeserializer, ProbabilityDeserializer
from semseg.errors import ImageError, PlatformError, RequestError, UserError
from semseg.model import Model
from semseg.predictor import Predictor
from semseg.serializers import IdentitySerializer, ImageSerializer, SimpleBaseSerializer
from tests.local.fakes import model_at, session_at

IMAGE = np.zeros((2, 3, 3), dtype=np.uint8)
MASK = [[0, 1, 2], [255, 4, 5]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("predictor")
    model = Model(model_data=model_at(home), sagemaker_session=session_at(home))
    predictor = model.deploy(1, "local", endpoint_name="pets")
    yield home
    predictor.delete_endpoint()


@pytest.fixture
def predictor(home: Path) -> Predictor:
    """As deploy() gives it."""
    return Model(sagemaker_session=session_at(home))._predictor("pets", None, None)


@pytest.fixture
def plain(home: Path) -> Predictor:
    """As another process makes it."""
    return Predictor("pets", session_at(home), IdentitySerializer(), BytesDeserializer())


class Told(BaseDeserializer):
    """What the server was sent; in SageMaker's form."""

    @property
    def ACCEPT(self) -> tuple[str, ...]:
        return ("application/json",)

    def deserialize(self, stream: Stream, content_type: str) -> Any:
        return json.load(stream)


def test_image_in_mask_out(predictor: Predictor) -> None:
    mask = predictor.predict(IMAGE)
    assert mask.tolist() == MASK
    assert mask.dtype == np.uint8


def test_the_media_types_say_what_is_sent_and_wanted(predictor: Predictor) -> None:
    jpeg = io.BytesIO()
    Image.fromarray(IMAGE).save(jpeg, "JPEG")
    predictor.deserializer = Told()
    told = predictor.predict(jpeg.getvalue(), custom_attributes="colour=blue", inference_id="7")
    assert told["content-type"] == "image/jpeg"
    assert told["accept"] == "application/json"
    assert told["x-amzn-sagemaker-custom-attributes"] == "colour=blue"
    assert told["x-amzn-sagemaker-inference-id"] == "7"
    assert told["body"] == jpeg.getvalue().hex()
    assert predictor.predict(IMAGE)["content-type"] == "image/png"


def test_probabilities_are_classes_height_width(predictor: Predictor) -> None:
    predictor.deserializer = ProbabilityDeserializer()
    assert predictor.predict(IMAGE).tolist() == [[[0.25, 0.5]], [[0.75, 0.5]]]
    assert predictor.accept == ("application/x-recordio-protobuf", "application/x-protobuf")


def test_an_accept_set_by_hand_after_deploy_gives_raw_bytes(predictor: Predictor) -> None:
    predictor.accept = "image/png"
    answer = predictor.predict(IMAGE)
    with Image.open(io.BytesIO(answer)) as mask:
        assert np.asarray(mask).tolist() == MASK


def test_an_accept_for_one_request_after_deploy_gives_its_raw_bytes(predictor: Predictor) -> None:
    answer = predictor.predict(IMAGE, initial_args={"Accept": "image/png"})
    assert answer.startswith(b"\x89PNG")
    assert predictor.predict(IMAGE).tolist() == MASK


def test_an_accept_set_by_hand_leaves_a_chosen_deserializer(predictor: Predictor) -> None:
    predictor.deserializer = Told()
    predictor.accept = ("application/json",)
    assert predictor.predict(IMAGE)["accept"] == "application/json"
    predictor.accept = None
    assert predictor.accept == ("application/json",)


@pytest.mark.parametrize("label", ["image/jpeg", "image/jpg"])  # the second is no registered name, and often written
def test_the_scripts_of_version_1_set_both_types_by_hand(plain: Predictor, label: str) -> None:
    plain.content_type = label
    plain.accept = "application/json"
    told = json.loads(plain.predict(b"\xff\xd8\xff"))
    assert (told["content-type"], told["accept"]) == ("image/jpeg", "application/json")


def test_a_predictor_can_send_and_give_bytes(plain: Predictor) -> None:
    assert (plain.content_type, plain.accept) == ("application/octet-stream", ("*/*",))
    assert plain.predict(b"anything").startswith(b"\x89PNG")


def test_a_predictor_by_name_takes_images_and_gives_masks_as_a_deployed_one(home: Path, tmp_path: Path) -> None:
    by_name = Predictor("pets", session_at(home))
    path = tmp_path / "pets.png"
    Image.fromarray(IMAGE).save(path)
    assert by_name.predict(IMAGE).tolist() == MASK
    assert by_name.predict(str(path)).tolist() == MASK
    with path.open("rb") as file:
        assert by_name.predict(file).tolist() == MASK
    assert by_name.predict(IMAGE, initial_args={"Accept": "image/png"}).startswith(b"\x89PNG")


def test_a_predictor_made_before_its_endpoint_is_there_learns_of_it(home: Path) -> None:
    other = Predictor("later", session_at(home))
    assert isinstance(other.serializer, IdentitySerializer)
    other.endpoint_name = "pets"
    assert isinstance(other.serializer, ImageSerializer)


def test_a_predictor_of_a_managed_endpoint_sends_and_gives_bytes_as_in_sagemaker(home: Path) -> None:
    managed = Predictor("far-away", session_at(home))
    assert (managed.content_type, managed.accept) == ("application/octet-stream", ("*/*",))
    assert isinstance(managed.deserializer, BytesDeserializer)


def test_identity_with_a_media_type_works_after_deploy(predictor: Predictor) -> None:
    predictor.serializer = IdentitySerializer("image/jpeg")
    predictor.deserializer = Told()
    told = predictor.predict(io.BytesIO(b"\xff\xd8\xff"))
    assert (told["content-type"], told["body"]) == ("image/jpeg", "ffd8ff")


def test_a_serializer_of_ones_own_may_make_text(plain: Predictor) -> None:
    class Words(SimpleBaseSerializer):
        def serialize(self, data: Iterable[str]) -> str:
            return " ".join(data)

    plain.serializer = Words("text/plain")
    plain.deserializer = Told()
    assert bytes.fromhex(plain.predict(["a", "b"])["body"]) == b"a b"


def test_a_body_that_is_no_bytes_is_refused(plain: Predictor) -> None:
    with pytest.raises(UserError, match=r"^the body of a request must be bytes, got ndarray: set .*Image"):
        plain.predict(IMAGE)


def test_no_picture_is_refused_before_it_is_sent(predictor: Predictor) -> None:
    with pytest.raises(ImageError):
        predictor.predict("no/such/file.jpg")


def test_a_refusal_carries_the_status_and_the_sentence(plain: Predictor) -> None:
    with pytest.raises(RequestError, match=r"^the body must be a picture, got text$") as caught:
        plain.predict(b"refuse me")
    assert caught.value.status == 415


def test_a_refusal_without_json_carries_its_text(plain: Predictor) -> None:
    with pytest.raises(RequestError, match=r"^try later$") as caught:
        plain.predict(b"refuse me plainly")
    assert caught.value.status == 503


def test_many_models_behind_one_endpoint_are_refused(plain: Predictor) -> None:
    with pytest.raises(UserError, match=r"^target_model"):
        plain.predict(b"x", target_model="other")


def test_an_unknown_endpoint_is_refused_with_those_that_run(home: Path) -> None:
    with pytest.raises(UserError, match=r"^there is no endpoint 'horses' on this machine; running: pets$"):
        Predictor("horses", session_at(home)).predict(b"x")


def test_the_old_name_of_the_endpoint_warns(plain: Predictor) -> None:
    with pytest.warns(UserWarning, match=r"^Predictor.endpoint is now called endpoint_name$"):
        assert plain.endpoint == "pets"


def test_boto3_can_be_pointed_at_the_endpoint(plain: Predictor) -> None:
    client = boto3.client(
        "sagemaker-runtime",
        endpoint_url=plain.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
    )
    answer = client.invoke_endpoint(EndpointName="pets", Body=b"x", ContentType="image/jpeg", Accept="image/png")
    assert answer["Body"].read().startswith(b"\x89PNG")
    client.close()


def test_delete_model_leaves_the_endpoint_to_delete_endpoint(plain: Predictor) -> None:
    plain.delete_model()
    assert plain.predict(b"x").startswith(b"\x89PNG")


def test_a_server_that_dies_in_a_request_is_reported_and_leaves_its_log_until_it_is_deleted(tmp_path: Path) -> None:
    session = session_at(tmp_path)
    predictor = Model(model_data=model_at(tmp_path), sagemaker_session=session).deploy(
        1, "local", endpoint_name="short", deserializer=BytesDeserializer()
    )
    predictor.serializer = IdentitySerializer()
    for body in (b"end", b"x"):
        with pytest.raises(PlatformError, match="has ended"):
            predictor.predict(body)
    assert "/ping" in (tmp_path / "endpoints" / "short" / "log.txt").read_text()
    predictor.delete_predictor()
    assert not (tmp_path / "endpoints" / "short").exists()
    with pytest.raises(UserError, match=r"running: none$"):
        predictor.delete_predictor()
