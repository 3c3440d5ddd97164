"""The whole on one machine: a real job, a real endpoint, and what goes wrong on the way."""

from __future__ import annotations

import io
import json
import logging
import re
import shutil
import signal
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
from PIL import Image

import semseg
from semseg.archive.model_artifact import unpack
from semseg.contract.metric_lines import METRIC_DEFINITIONS
from semseg.deserializers import DEFAULT_DESERIALIZER, BaseDeserializer, ProbabilityDeserializer
from semseg.errors import TrainingError
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.serializers import IdentitySerializer, ImageSerializer
from tests.endtoend import (
    RESULTS,
    ROOT,
    SECONDS,
    folder_of,
    home_at,
    local_file,
    python,
    small_estimator,
    wait_for_text,
    write_channels,
)
from tests.trained import archive_of, job_of

pytestmark = pytest.mark.engine

MODEL_FILES = ["checksums.json", "hyperparams.json", "model_algo-1", "model_best.params"]
IN_TRAINING = "#progress_notice. epoch: 0, iterations: 1 "

# The lines of the built-in algorithm's log that this one has too, in its order.
LINES_IN_ORDER = (
    "Docker entrypoint called with argument(s): train",
    "Reading default configuration from ",
    "Merging with provided configuration from ",
    "Final configuration: ",
    "Using default worker.",
    "Checkpoints are loaded from and saved to ",
    "label maps not provided, using defaults.",
    "#label_map train :{'scale': 1}",
    "#label_map validation :{'scale': 1}",
    "Number of GPUs being used: 0",
    "LRScheduler setup: iters per epoch: 2, num_epochs 2",
    '"Meta": "init_train_data_iter"',
    "#progress_notice. epoch: 0, iterations: 1 speed: ",
    "#quality_metric. host: algo-1, epoch: 0, train loss: ",
    "#throughput_metric. host: algo-1, epoch: 0, train throughput: ",
    "#quality_metric. host: algo-1, epoch: 0, validation pixel_accuracy: ",
    "#quality_metric. host: algo-1, epoch: 0, validation mIOU: ",
    "#throughput_metric. host: algo-1, epoch: 0, validation throughput: ",
    "model/model_best.params",
    "#progress_metric: host=algo-1, completed 50.0 % of epochs",
    '"Meta": "training_data_iter"',
    "#quality_metric. host: algo-1, epoch: 1, train loss: ",
    "#quality_metric. host: algo-1, epoch: 1, validation mIOU: ",
    "#progress_metric: host=algo-1, completed 100.0 % of epochs",
    "model/model_algo-1",
    "Test data is not provided.",
    '"totaltime"',
)


class ImageDeserializer(BaseDeserializer):
    """A user's own, as in the algorithm's official notebook."""

    def __init__(self, accept: str = "image/png") -> None:
        self.accept = accept

    @property
    def ACCEPT(self) -> tuple[str, ...]:
        return (self.accept,)

    def deserialize(self, stream: Any, content_type: str) -> np.ndarray:
        try:
            return np.array(Image.open(stream))
        finally:
            stream.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with home_at(tmp_path_factory.mktemp("whole")) as place:
        yield place


@pytest.fixture(scope="module")
def channels(place: Path) -> dict[str, str]:
    return write_channels(place / "data")


@pytest.fixture(scope="module")
def trained(place: Path, channels: dict[str, str]) -> semseg.Estimator:
    estimator = small_estimator({"optimizer": "sgd"}, output_path=place / "models", base_job_name="squares")
    estimator.fit(channels, logs=False)
    return estimator


@pytest.fixture(scope="module")
def endpoint(trained: semseg.Estimator) -> Iterator[str]:
    predictor = trained.deploy(1, "local", container_startup_health_check_timeout=SECONDS)
    yield predictor.endpoint_name
    predictor.delete_endpoint()


@pytest.fixture
def predictor(endpoint: str) -> semseg.Predictor:
    """As ``deploy`` gives it, but new to each test, which may change it."""
    return semseg.Predictor(endpoint, serializer=ImageSerializer(), deserializer=DEFAULT_DESERIALIZER)


@pytest.fixture(scope="module")
def picture(channels: dict[str, str]) -> Path:
    return Path(channels["validation"]) / "square_0.jpg"  # 40 x 32


@pytest.fixture(scope="module")
def labelled(place: Path, channels: dict[str, str]) -> semseg.Estimator:
    """A job with a label map and a wrong num_training_samples, started without waiting and attached to by its name."""
    folder = place / "label_map"
    folder.mkdir()
    for split in ("train", "validation"):
        (folder / f"{split}_label_map.json").write_text('{"map": {"0": 0, "1": [2, 255], "2": 1}}')
    estimator = small_estimator({"epochs": 1, "num_training_samples": 99})
    estimator.fit({**channels, "label_map": str(folder)}, wait=False)
    status = job_of(estimator).describe()["TrainingJobStatus"]
    assert status == "InProgress"
    return semseg.Estimator.attach(job_of(estimator).name)


def names_in(archive: Path) -> list[str]:
    with tarfile.open(archive) as tar:
        return sorted(tar.getnames())


# training


def test_the_archive_holds_exactly_the_three_files_and_their_checksums(trained: semseg.Estimator, place: Path) -> None:
    archive = archive_of(trained)
    assert archive == place / "models" / job_of(trained).name / "output" / "model.tar.gz"
    assert names_in(archive) == MODEL_FILES


def test_hyperparams_json_in_the_archive_holds_strings_and_the_defaults_too(trained: semseg.Estimator) -> None:
    with tarfile.open(archive_of(trained)) as tar:
        written = tar.extractfile("hyperparams.json")
        assert written is not None
        values = json.loads(written.read())
    assert values["num_classes"] == "3"
    assert values["use_pretrained_model"] == "False"
    assert values["backbone"] == "resnet-50"
    assert all(isinstance(value, str) for value in values.values())


@pytest.mark.parametrize("definition", METRIC_DEFINITIONS, ids=lambda definition: definition["Name"])
def test_each_metric_pattern_finds_a_number_for_each_epoch_in_the_log(
    trained: semseg.Estimator, definition: dict[str, str]
) -> None:
    found = re.findall(definition["Regex"], folder_of(trained).log.read_text())
    assert len(found) == 2
    assert all(float(value) >= 0 for value in found)


def test_the_log_has_the_lines_of_the_built_in_algorithm_in_its_order(trained: semseg.Estimator) -> None:
    log = folder_of(trained).log.read_text()
    position = 0
    for line in LINES_IN_ORDER:
        found = log.find(line, position)
        assert found >= 0, f"{line!r} is not after the line before it"
        position = found + len(line)


def test_log_lines_have_the_prefix_of_the_built_in_algorithm_or_are_metrics(trained: semseg.Estimator) -> None:
    first, *others = folder_of(trained).log.read_text().splitlines()
    assert first == "Docker entrypoint called with argument(s): train"
    prefix = re.compile(r"\[\d\d/\d\d/\d{4} \d\d:\d\d:\d\d (INFO|WARNING) \d+\] |#metrics \{")
    assert [line for line in others if not prefix.match(line)] == []


def test_the_analytics_have_the_miou_of_each_epoch(trained: semseg.Estimator) -> None:
    pytest.importorskip("pandas")
    table = trained.training_job_analytics.dataframe()
    mean_ious = table[table["metric_name"] == "validation:mIOU"]["value"]
    assert len(mean_ious) == 2
    assert mean_ious.between(0, 1).all()


def test_the_results_lie_beside_the_archive_and_are_packed_together(trained: semseg.Estimator) -> None:
    folder = archive_of(trained).parent
    report = json.loads((folder / "data" / "dataset.json").read_text())
    assert (report["refused"], report["channels"]["train"]["samples"]) == (0, 4)
    with tarfile.open(folder / "output.tar.gz") as tar:
        assert sorted(tar.getnames()) == RESULTS
    assert trained.report().read_text().startswith("<!doctype html>")
    assert trained.evaluation().pictures == 3
    assert sorted(path.name for path in trained.report().parent.iterdir()) == RESULTS


def scored_by(predictor: semseg.Predictor, channels: dict[str, str]) -> ConfusionMatrix:
    """What an endpoint's masks of the validation pictures score."""
    matrix = ConfusionMatrix(3)
    for image in sorted(Path(channels["validation"]).iterdir()):
        truth = np.array(Image.open(Path(channels["validation_annotation"]) / f"{image.stem}.png"))
        matrix.add(truth, predictor.predict(image))
    return matrix


def test_the_endpoint_reproduces_the_evaluation_that_lies_beside_the_archive(
    trained: semseg.Estimator, predictor: semseg.Predictor, channels: dict[str, str]
) -> None:
    report = json.loads((archive_of(trained).parent / "data" / "evaluation.json").read_text())
    matrix = scored_by(predictor, channels)
    # 40 x 32, 48 x 36 and 36 x 48 pixels without the first row of each
    assert matrix.counts.sum() == 40 * 31 + 48 * 35 + 36 * 47
    assert matrix.counts.tolist() == report["confusion_matrix"]
    assert matrix.mean_iou() == report["mIOU"]


def test_the_endpoint_of_a_job_with_aligned_sizes_reproduces_its_evaluation_too(
    place: Path, channels: dict[str, str]
) -> None:
    estimator = small_estimator({"epochs": 1, "aligned_sizes": True}, output_path=place / "aligned")
    estimator.fit(channels, logs=False)
    report = json.loads((archive_of(estimator).parent / "data" / "evaluation.json").read_text())
    predictor = estimator.deploy(1, "local", container_startup_health_check_timeout=SECONDS)
    try:
        assert scored_by(predictor, channels).counts.tolist() == report["confusion_matrix"]
    finally:
        predictor.delete_endpoint()


def test_the_model_of_a_job_gets_the_scores_of_its_end_again_without_a_server(
    trained: semseg.Estimator, channels: dict[str, str]
) -> None:
    found = trained.evaluate(channels, engine="mxnet")
    at_the_end = archive_of(trained).parent / "data"
    for name in ("evaluation.json", "per_picture.csv"):
        assert (found.path / name).read_text() == (at_the_end / name).read_text()


# the endpoint


def test_a_path_bytes_a_pil_image_and_an_array_give_a_mask_of_the_pictures_own_size(
    predictor: semseg.Predictor, picture: Path
) -> None:
    from_path = predictor.predict(picture)
    assert (from_path.shape, from_path.dtype) == ((32, 40), np.uint8)
    assert from_path.max() <= 2
    with Image.open(picture) as image:
        for data in (picture.read_bytes(), image, np.array(image)):
            assert np.array_equal(predictor.predict(data), from_path)


def test_probabilities_have_the_mask_as_their_argmax(predictor: semseg.Predictor, picture: Path) -> None:
    mask = predictor.predict(picture)
    predictor.deserializer = ProbabilityDeserializer()
    probabilities = predictor.predict(picture)
    assert (probabilities.shape, probabilities.dtype) == ((3, 32, 40), np.float32)
    np.testing.assert_allclose(probabilities.sum(axis=0), 1, rtol=1e-5)
    assert np.array_equal(probabilities.argmax(axis=0), mask)


def invoke_with_boto3(predictor: semseg.Predictor, picture: Path, accept: str) -> tuple[str, bytes]:
    client = boto3.client(
        "sagemaker-runtime",
        endpoint_url=predictor.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    response = client.invoke_endpoint(
        EndpointName=predictor.endpoint_name, ContentType="image/jpeg", Accept=accept, Body=picture.read_bytes()
    )
    return response["ContentType"], response["Body"].read()


def test_boto3_is_answered_with_a_mask(predictor: semseg.Predictor, picture: Path) -> None:
    content_type, body = invoke_with_boto3(predictor, picture, "image/png")
    assert content_type == "image/png"
    assert np.array_equal(np.array(Image.open(io.BytesIO(body))), predictor.predict(picture))


def test_boto3s_probabilities_are_read_by_a_program_that_has_protobuf_and_not_semseg(
    predictor: semseg.Predictor, picture: Path, tmp_path: Path
) -> None:
    content_type, body = invoke_with_boto3(predictor, picture, "application/x-recordio-protobuf")
    assert content_type == "application/x-recordio-protobuf"
    (tmp_path / "answer").write_bytes(body)
    reader = python("-I", str(ROOT / "tests" / "decode_probabilities.py"), "answer", "mask.npy")
    run = subprocess.run(reader, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == "[1, 3, 32, 40]\n"
    assert np.array_equal(np.load(tmp_path / "mask.npy"), predictor.predict(picture))


def test_a_predictor_of_another_process_predicts(predictor: semseg.Predictor, picture: Path) -> None:
    program = (
        "import sys, semseg\n"
        "from semseg.deserializers import BytesDeserializer\n"
        "predictor = semseg.Predictor(sys.argv[1], deserializer=BytesDeserializer())\n"
        "with open(sys.argv[2], 'rb') as file:\n"
        "    sys.stdout.buffer.write(predictor.predict(file))"
    )
    command = python("-c", program, predictor.endpoint_name, str(picture))
    body = subprocess.check_output(command, cwd=ROOT, timeout=SECONDS)
    assert np.array_equal(np.array(Image.open(io.BytesIO(body))), predictor.predict(picture))


def test_a_users_own_deserializer_from_the_notebook_works(predictor: semseg.Predictor, picture: Path) -> None:
    mask = predictor.predict(picture)
    predictor.serializer = IdentitySerializer("image/jpeg")
    predictor.deserializer = ImageDeserializer()
    assert np.array_equal(predictor.predict(picture.read_bytes()), mask)


def test_a_jpeg_with_a_rotation_in_its_exif_is_answered_as_it_is_stored(
    predictor: semseg.Predictor, picture: Path, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turn by 90 degrees for display
    with Image.open(picture) as image:
        image.save(tmp_path / "rotated.jpg", quality=95, exif=exif)
        image.save(tmp_path / "plain.jpg", quality=95)
    mask = predictor.predict(tmp_path / "rotated.jpg")
    assert mask.shape == (32, 40)
    assert np.array_equal(mask, predictor.predict(tmp_path / "plain.jpg"))


def pack_by_hand(network: Any, folder: Path) -> Path:
    """An archive as AWS's algorithm makes it: "./" before the names, and keys that only AWS knows."""
    model = folder / "model"
    model.mkdir()
    known = {"algorithm": "fcn", "backbone": "resnet-50", "num_classes": "3", "base_size": "48", "crop_size": "48"}
    of_aws = {"_tuning_objective_metric": "", "image_shape": "480", "_num_gpus": "auto", "early_stopping": "False"}
    (model / "hyperparams.json").write_text(json.dumps({**known, **of_aws}))
    network.save_parameters(str(model / "model_best.params"))
    shutil.copy(model / "model_best.params", model / "model_algo-1")
    with tarfile.open(folder / "model.tar.gz", "w:gz", compresslevel=0) as tar:
        tar.add(model, arcname=".")
    return folder / "model.tar.gz"


@pytest.mark.slow
def test_an_archive_of_gluoncvs_own_network_made_as_aws_makes_it_is_served(place: Path) -> None:
    from semseg.engines.gluon.runtime import prepare

    prepare()  # imports GluonCV without its warnings
    import mxnet as mx
    from gluoncv.model_zoo import FCN

    network = FCN(3, backbone="resnet50", aux=True, pretrained_base=False, crop_size=48)
    network.initialize(mx.init.Xavier(), force_reinit=True)
    image = np.random.default_rng(1).integers(0, 256, (48, 48, 3)).astype(np.uint8)
    normalised = (image / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    scores = network(mx.nd.array(normalised.transpose(2, 0, 1)[np.newaxis]))[0]
    archive = pack_by_hand(network, place)
    assert "./model_best.params" in names_in(archive)
    predictor = semseg.Model(model_data=archive).deploy(1, "local", deserializer=ProbabilityDeserializer())
    try:
        probabilities = predictor.predict(image)
    finally:
        predictor.delete_endpoint()
    np.testing.assert_allclose(probabilities, mx.nd.softmax(scores, axis=1).asnumpy()[0], rtol=1e-4, atol=1e-6)


# jobs that are left, stopped, gone on from


@pytest.mark.slow
def test_a_job_that_nobody_waited_for_is_attached_to_and_has_its_model(labelled: semseg.Estimator) -> None:
    assert job_of(labelled).describe()["TrainingJobStatus"] == "Completed"
    assert names_in(archive_of(labelled)) == MODEL_FILES
    assert labelled.hyperparameters()["num_training_samples"] == "99"


@pytest.mark.slow
def test_a_label_map_gives_pixels_of_255_and_2_to_class_1(labelled: semseg.Estimator) -> None:
    log = folder_of(labelled).log.read_text()
    assert "#label_map train :{'map': {'0': 0, '1': [2, 255], '2': 1}}" in log
    assert "label map train: pixel 255 -> class 1" in log
    report = json.loads((archive_of(labelled).parent / "data" / "evaluation.json").read_text())
    of_class_1 = report["classes"][1]["labelled_pixels"]
    assert of_class_1 >= 40 + 48 + 36  # the first rows at least, which are 255 and would be ignored
    assert sum(entry["labelled_pixels"] for entry in report["classes"]) == 40 * 32 + 48 * 36 + 36 * 48


@pytest.mark.slow
def test_a_wrong_num_training_samples_is_told_and_the_schedule_follows_the_files(labelled: semseg.Estimator) -> None:
    log = folder_of(labelled).log.read_text()
    sentence = "num_training_samples is 99, but 4 training samples were found: the learning rate follows the 4 found."
    assert re.search(rf"WARNING \d+\] {re.escape(sentence)}", log)
    assert "LRScheduler setup: iters per epoch: 2, num_epochs 1" in log


@pytest.mark.slow
def test_a_job_that_is_stopped_in_training_ends_stopped_with_a_whole_archive(
    channels: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    estimator = small_estimator({"epochs": 1000})
    estimator.fit(channels, wait=False)
    wait_for_text(folder_of(estimator).log, IN_TRAINING)
    job_of(estimator).stop()
    with caplog.at_level(logging.WARNING):
        job_of(estimator).wait(logs=False)
    description = job_of(estimator).describe()
    assert (description["TrainingJobStatus"], description["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert names_in(archive_of(estimator)) == MODEL_FILES
    assert "Asked to stop: saving the model." in folder_of(estimator).log.read_text()
    assert "was stopped before its last epoch" in caplog.text


INTERRUPTED = """
import json, signal, sys
from tests.endtoend import small_estimator

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs inherit that it is ignored
small_estimator({"epochs": 1000}).fit(json.loads(sys.argv[1]), job_name="interrupted")
"""


@pytest.mark.slow
def test_ctrl_c_ends_a_script_by_keyboard_interrupt_once_the_model_is_kept(
    place: Path, channels: dict[str, str]
) -> None:
    with subprocess.Popen(
        python("-c", INTERRUPTED, json.dumps(channels)), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as script:
        try:
            wait_for_text(place / "home" / "jobs" / "interrupted" / "log.txt", IN_TRAINING)
            script.send_signal(signal.SIGINT)
            output, errors = script.communicate(timeout=SECONDS)
        finally:
            script.kill()
    assert script.returncode == -signal.SIGINT
    assert errors.decode().splitlines()[-1] == "KeyboardInterrupt"
    assert "Stopping interrupted and keeping its best model" in output.decode()
    description = semseg.LocalSession().describe_training_job("interrupted")
    assert description["TrainingJobStatus"] == "Stopped"
    assert names_in(local_file(description["ModelArtifacts"]["S3ModelArtifacts"])) == MODEL_FILES


def first_weights(estimator: semseg.Estimator, folder: Path) -> np.ndarray:
    """Those of the first layer, in an estimator's archive."""
    import mxnet as mx

    unpack(archive_of(estimator), folder)
    return mx.nd.load(str(folder / "model_best.params"))["conv1.0.weight"].asnumpy()


@pytest.mark.slow
def test_training_goes_on_from_an_earlier_archive(
    trained: semseg.Estimator, channels: dict[str, str], tmp_path: Path
) -> None:
    estimator = small_estimator({"epochs": 1, "learning_rate": 1e-9, "seed": 1}, model_uri=trained.model_data)
    estimator.fit(channels, logs=False)
    assert "Starting from the model in channel model: model_best.params" in folder_of(estimator).log.read_text()
    assert names_in(archive_of(estimator)) == MODEL_FILES
    before, after = first_weights(trained, tmp_path / "before"), first_weights(estimator, tmp_path / "after")
    np.testing.assert_allclose(after, before, atol=1e-6)  # two steps of 1e-9; new first weights would be far away
    assert np.abs(before).max() > 0.1


def failure_of(estimator: semseg.Estimator, channels: dict[str, str]) -> str:
    """What a job that must fail wrote down, after a look at what ``fit`` raises."""
    with pytest.raises(TrainingError) as failure:
        estimator.fit(channels, logs=False)
    written = folder_of(estimator).failure.read_text()
    name = job_of(estimator).name
    assert str(failure.value) == f"Error for Training job {name}: Failed. Reason: {written}"
    assert len(written) <= 1024
    return written


@pytest.mark.slow
def test_training_starts_from_an_archive_of_other_classes_and_another_decoder(
    trained: semseg.Estimator, channels: dict[str, str], tmp_path: Path
) -> None:
    different = {"num_classes": 4, "algorithm": "deeplab", "crop_size": 32, "epochs": 1, "learning_rate": 1e-9}
    estimator = small_estimator(different, model_uri=trained.model_data)
    estimator.fit(channels, logs=False)
    log = folder_of(estimator).log.read_text()
    assert "The model in channel model has num_classes 3, and this job 4." in log
    assert (
        "280 parameters of that file fit and are taken: conv1, bn1, layer1, layer2, layer3, layer4, auxlayer.block.0 "
        "and auxlayer.block.1; 39 are drawn anew: head and auxlayer.block.4.\n" in log
    )
    before, after = first_weights(trained, tmp_path / "before"), first_weights(estimator, tmp_path / "after")
    np.testing.assert_allclose(after, before, atol=1e-6)


def test_an_earlier_archive_of_another_backbone_is_refused(trained: semseg.Estimator, channels: dict[str, str]) -> None:
    estimator = small_estimator({"backbone": "resnet-101"}, model_uri=trained.model_data)
    sentence = "backbone must be that of the model in channel model, resnet-50, got resnet-101"
    assert failure_of(estimator, channels) == sentence


@pytest.mark.slow
def test_fewer_samples_than_a_mini_batch_fail(channels: dict[str, str]) -> None:
    assert failure_of(small_estimator({"mini_batch_size": 5}), channels) == (
        "mini_batch_size 5 needs as many samples at least, and channel train has 4: "
        "lower mini_batch_size or add samples"
    )


def test_missing_masks_fail(tmp_path: Path) -> None:
    channels = write_channels(tmp_path)
    (tmp_path / "train_annotation" / "square_1.png").unlink()
    (tmp_path / "validation_annotation" / "square_2.png").unlink()
    estimator = small_estimator()
    written = failure_of(estimator, channels)
    report = folder_of(estimator).output_data / "dataset.json"
    assert written == (
        "the channels cannot be used, 2 problems:\n"
        "train/square_1.jpg has no mask: expected train_annotation/square_1.png\n"
        "validation/square_2.jpg has no mask: expected validation_annotation/square_2.png\n"
        f"The whole report is {report}."
    )
    assert json.loads(report.read_text())["refused"] == 2


@pytest.mark.slow
def test_a_mask_value_outside_the_classes_fails(channels: dict[str, str]) -> None:
    written = failure_of(small_estimator({"num_classes": 2}), channels)
    first, second, _ = written.splitlines()
    assert first == "the channels cannot be used, 1 problem:"
    assert second.startswith("pixel value 2 is in 4 of 4 masks of channel train_annotation ")


@pytest.mark.slow
def test_pretrained_weights_that_cannot_be_fetched_fail(channels: dict[str, str], tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:1"  # a port on which nobody listens
    estimator = small_estimator(
        {"use_pretrained_model": True},
        environment={
            "MXNET_HOME": str(tmp_path / "mxnet"),
            "MXNET_GLUON_REPO": nowhere,
            "HF_HOME": str(tmp_path / "hub"),
            "HF_ENDPOINT": nowhere,
            "NO_PROXY": "127.0.0.1",
        },
    )
    assert failure_of(estimator, channels) == (
        "The ImageNet weights of resnet-50 were not named by the hyperparameter pretrained_weights and could not be "
        "fetched (GluonCV's store: 127.0.0.1:1 cannot be reached; the Hugging Face hub: 127.0.0.1:1 cannot be "
        "reached); set use_pretrained_model to False, or pretrained_weights to a .params or .safetensors file"
    )
