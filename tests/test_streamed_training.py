"""What is streamed from S3 trains the network that the same files in folders train."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import semseg
from semseg.aws.account import Account
from semseg.contract.s3_uri import S3Uri
from semseg.inputs import Channel
from tests.endtoend import CHANNELS, home_at, small_estimator, write_channels

pytestmark = pytest.mark.engine

PARAMETERS = ("model_best.params", "model_algo-1")
SEED = 5
BUCKET = "squares"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    with home_at(tmp_path / "place") as place:
        yield place


def upload(account: Account, folder: Path) -> None:
    """The four channels' files below s3://squares/, and for each half a manifest as Ground Truth writes it."""
    location = {"LocationConstraint": account.boto_region_name}
    account.connection.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
    for path in sorted(folder.rglob("*.*")):
        account.objects.write(S3Uri(BUCKET, path.relative_to(folder).as_posix()), path.read_bytes())
    for half in ("train", "validation"):
        lines = [
            {
                "source-ref": f"s3://{BUCKET}/{half}/{path.name}",
                "squares-ref": f"s3://{BUCKET}/{half}_annotation/{path.stem}.png",
                "squares-ref-metadata": {"type": "groundtruth/semantic-segmentation", "human-annotated": "yes"},
            }
            for path in sorted((folder / half).iterdir())
        ]
        content = "\n".join(json.dumps(line) for line in lines)
        account.objects.write(S3Uri(BUCKET, f"{half}.manifest"), content.encode())


def manifest(half: str) -> semseg.TrainingInput:
    return semseg.TrainingInput(
        f"s3://{BUCKET}/{half}.manifest",
        s3_data_type="AugmentedManifestFile",
        attribute_names=["source-ref", "squares-ref"],
        record_wrapping="RecordIO",
        content_type="application/x-recordio",
        input_mode="Pipe",
        shuffle_config=semseg.inputs.ShuffleConfig(SEED) if half == "train" else None,
    )


def parameters_of(estimator: semseg.Estimator, account: Account) -> dict[str, bytes]:
    """The bytes of the two parameter files of a job's model."""
    archive = io.BytesIO(account.objects.read(S3Uri.parse("model_data", estimator.model_data)))
    with tarfile.open(fileobj=archive) as tar:
        files = {member.name: tar.extractfile(member) for member in tar.getmembers()}
        return {name: file.read() for name, file in files.items() if file is not None and name in PARAMETERS}


def piped(channel: str) -> semseg.TrainingInput:
    """A folder of objects, each of them one RecordIO record; a half's two channels have one order."""
    return semseg.TrainingInput(
        f"s3://{BUCKET}/{channel}/",
        record_wrapping="RecordIO",
        shuffle_config=semseg.inputs.ShuffleConfig(SEED) if channel.startswith("train") else None,
    )


STREAMS: dict[str, tuple[str, Mapping[str, Channel]]] = {
    "an augmented manifest": ("Pipe", {half: manifest(half) for half in ("train", "validation")}),
    "folders in Pipe mode": ("Pipe", {channel: piped(channel) for channel in CHANNELS}),
    "folders in FastFile mode": ("FastFile", {channel: f"s3://{BUCKET}/{channel}/" for channel in CHANNELS}),
}


@pytest.mark.slow
def test_what_is_streamed_and_the_same_files_in_folders_train_the_same_parameters(
    aws: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # several add up in an order of their own
    account = Account()
    write_channels(place / "data", train=5)  # with batches of 2, one sample is left over to the second epoch
    upload(account, place / "data")
    hyperparameters = {"seed": SEED, "num_training_samples": 5}

    folders = small_estimator(hyperparameters, output_path=f"s3://{BUCKET}/models")
    folders.fit({channel: f"s3://{BUCKET}/{channel}/" for channel in CHANNELS}, logs=False)
    expected = parameters_of(folders, account)
    assert set(expected) == set(PARAMETERS)
    for name, (mode, inputs) in STREAMS.items():
        streamed = small_estimator(hyperparameters, output_path=f"s3://{BUCKET}/models", input_mode=mode)
        streamed.fit(inputs, logs=False)
        assert parameters_of(streamed, account) == expected, name
