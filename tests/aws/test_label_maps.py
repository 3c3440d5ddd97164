from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from semseg.api.shapes import Request
from semseg.aws.account import Account
from semseg.aws.label_maps import check_label_maps
from semseg.aws.training_jobs import TrainingJobs
from semseg.errors import ChannelError
from tests.aws import moto
from tests.aws.test_training_jobs import IMAGE, channel, request


def label_map_channel(place: str) -> Request:
    return {**channel(place), "ChannelName": "label_map"}


def put(key: str, content: str) -> None:
    client = boto3.client("s3")
    client.create_bucket(Bucket="horses", CreateBucketConfiguration={"LocationConstraint": moto.REGION})
    client.put_object(Bucket="horses", Key=key, Body=content.encode())


def refusal_of(*channels: Request, image: str = IMAGE) -> str:
    algorithm = {"TrainingImage": image, "TrainingInputMode": "File"}
    with pytest.raises(ChannelError) as refusal:
        TrainingJobs(Account()).completed(request(AlgorithmSpecification=algorithm, InputDataConfig=list(channels)))
    return str(refusal.value)


@pytest.mark.usefixtures("aws")
def test_a_label_map_in_s3_that_sagemaker_does_not_read_is_refused_with_the_conversion() -> None:
    put("maps/validation_label_map.json", '{"colors": {"0": "#000"}, "names": ["void"]}')
    channels = [channel("s3://horses/train"), label_map_channel("s3://horses/maps/")]
    assert refusal_of(*channels) == (
        'validation_label_map.json of channel label_map must have "scale" or "map" alone, with one pixel value for '
        'each class, because SageMaker\'s built-in algorithm reads no more, got "colors" and "names": write masks of '
        "class ids with semseg.data.convert_masks(masks, new_folder, label_map), which need no label map, or give "
        "image_uri an image of semseg, or train on this machine"
    )
    own_image = {"TrainingImage": "123456789012.dkr.ecr.us-west-2.amazonaws.com/semseg:1", "TrainingInputMode": "File"}
    TrainingJobs(Account()).completed(request(AlgorithmSpecification=own_image, InputDataConfig=channels))


@pytest.mark.usefixtures("aws")
def test_other_label_maps_in_s3_pass() -> None:
    put("maps/train_label_map.json", '{"map": {"0": 1}}')
    for place in ("maps", "maps/train_label_map.json", "no-maps"):
        check_label_maps(label_map_channel(f"s3://horses/{place}"), Account())


@pytest.mark.parametrize(
    ("label_map", "got"),
    [
        ('{"colors": {"0": "#000"}}', '"colors": write masks of class ids with '),
        ('{"map": {"0": 1, "1": [2, 3]}}', "several pixel values for one class: write masks of class ids with "),
        ('{"scale": 1, "names": ["sky"]}', '"names": leave names out, or '),
        ('{"names": ["sky"]}', '"names": leave channel label_map out, or '),
    ],
)
@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_label_map_of_this_machine_is_refused_before_it_is_uploaded(
    tmp_path: Path, scheme: str, label_map: str, got: str
) -> None:
    (tmp_path / "train_label_map.json").write_text(label_map)
    for place in (tmp_path, tmp_path / "train_label_map.json"):
        sentence = refusal_of(label_map_channel(f"{scheme}{place}"))
        assert sentence.startswith("train_label_map.json of channel label_map must have ")
        assert f", got {got}" in sentence


@pytest.mark.parametrize("content", ["no JSON", "[]", "[" * 200_000, '{"scale": 3}', "{}"])
def test_other_files_pass(tmp_path: Path, content: str) -> None:
    (tmp_path / "train_label_map.json").write_text(content)
    check_label_maps(label_map_channel(str(tmp_path)), Account())
    check_label_maps(label_map_channel(str(tmp_path / "gone")), Account())
