"""Exports around a small process that stands in for the one that makes the forms."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from semseg.archive.exported_files import read_reports
from semseg.archive.model_artifact import forms_of, unpack
from semseg.contract.exported_forms import Form
from semseg.contract.s3_uri import S3Uri
from semseg.errors import ChannelError, ModelError, PlatformError, UserError
from semseg.estimator import Estimator
from semseg.export import export_model
from semseg.inputs import TrainingInput
from semseg.local import LocalSession
from semseg.local.export.archives import check_form_wish, target_at
from tests.aws import moto
from tests.full_disk import small_disk
from tests.local.fakes import (
    archive_at,
    channels_at,
    estimator_at,
    model_at,
    model_folder_at,
    session_at,
    wait_for_line,
)

INT8 = {"SEMSEG_PRECISION": "int8"}


@pytest.fixture
def session(tmp_path: Path) -> LocalSession:
    """A session whose exports are those of fake_export.py."""
    return session_at(tmp_path / "home")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return model_at(tmp_path)


@pytest.fixture
def validation(tmp_path: Path) -> Path:
    folder = tmp_path / "validation"
    folder.mkdir()
    (folder / "street.jpg").touch()
    return folder


def names_in(archive: Path) -> list[str]:
    with tarfile.open(archive) as tar:
        return tar.getnames()


def test_an_export_keeps_the_plain_files_and_adds_the_form(session: LocalSession, model: Path, tmp_path: Path) -> None:
    report = export_model(model, tmp_path / "new" / "out.tar.gz", "openvino", sagemaker_session=session)
    assert names_in(tmp_path / "new" / "out.tar.gz") == [
        *("hyperparams.json", "model_best.params", "model_algo-1", "checksums.json"),
        *("model.xml", "model.bin", "export.json"),
    ]
    assert (report.format, report.precision, report.equal_pixels) == ("openvino", "fp32", 0.5)
    assert report.archive == str(tmp_path / "new" / "out.tar.gz")
    assert list(session.home.exports.iterdir()) == []


def test_the_folder_of_a_model_is_exported_and_stays_as_it_was(session: LocalSession, tmp_path: Path) -> None:
    folder = model_folder_at(tmp_path / "left")
    export_model(folder, tmp_path / "out.tar.gz", "onnx", sagemaker_session=session)
    assert names_in(tmp_path / "out.tar.gz") == [
        *("hyperparams.json", "model_best.params", "checksums.json", "model.onnx", "export.json"),
    ]
    assert len(list(folder.iterdir())) == 2


def test_an_export_that_cannot_fit_is_refused_before_it_begins(tmp_path: Path) -> None:
    contents = {"hyperparams.json": b'{"num_classes": "2"}', "model_best.params": bytes(3_000_000)}
    with small_disk(tmp_path / "disk") as disk:
        session = session_at(disk / "home")
        with pytest.raises(UserError) as refusal:
            export_model(archive_at(tmp_path, contents), disk / "out.tar.gz", "onnx", sagemaker_session=session)
        # the model, its graph and its form: 3 times 3 MB and 20 bytes; the archive: twice
        assert str(refusal.value).startswith(
            f"the export to {disk}/out.tar.gz needs 15 MB on file system {disk} (the model, its graph and its form "
            f"9 MB, the archive 6 MB), and 4"
        )
        assert not (disk / "out.tar.gz").exists()


def test_a_folder_gets_a_model_archive(session: LocalSession, model: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    report = export_model(model, tmp_path / "out", sagemaker_session=session)
    assert report.archive == str(tmp_path / "out" / "model.tar.gz")
    assert forms_of(tmp_path / "out" / "model.tar.gz") == [Form("openvino", "fp32")]


def test_a_second_form_joins_the_first_in_the_same_archive(session: LocalSession, model: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.tar.gz"
    export_model(model, target, "onnx", sagemaker_session=session)
    export_model(model, target, "openvino", sagemaker_session=session)
    assert forms_of(target) == [Form("onnx", "fp32"), Form("openvino", "fp32")]
    unpack(target, tmp_path / "unpacked")
    assert sorted(read_reports(tmp_path / "unpacked")) == ["onnx-fp32", "openvino-fp32"]


def test_an_archive_can_be_exported_onto_itself(session: LocalSession, model: Path) -> None:
    export_model(model, model, "onnx", sagemaker_session=session)
    assert forms_of(model) == [Form("onnx", "fp32")]


def test_forms_of_other_parameters_are_not_taken_over(session: LocalSession, model: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.tar.gz"
    export_model(model, target, "onnx", sagemaker_session=session)
    retrained = tmp_path / "retrained"
    unpack(model, retrained)
    with (retrained / "model_best.params").open("ab") as file:
        file.write(b"trained on")
    with tarfile.open(tmp_path / "other.tar.gz", "w:gz") as tar:
        tar.add(retrained, ".")
    export_model(tmp_path / "other.tar.gz", target, "openvino", sagemaker_session=session)
    assert forms_of(target) == [Form("openvino", "fp32")]


def test_a_file_that_is_no_archive_is_replaced(session: LocalSession, model: Path, tmp_path: Path) -> None:
    (tmp_path / "out.tar.gz").write_text("not an archive")
    export_model(model, tmp_path / "out.tar.gz", sagemaker_session=session)
    assert forms_of(tmp_path / "out.tar.gz") == [Form("openvino", "fp32")]


def test_fp32_reads_the_validation_pictures_alone(
    session: LocalSession, model: Path, validation: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    export_model(
        model,
        tmp_path / "out.tar.gz",
        train=tmp_path / "nowhere",
        validation=TrainingInput(validation, input_mode="Pipe"),
        sagemaker_session=session,
    )
    assert capfd.readouterr().out == "validation street.jpg\n"


def test_a_model_and_pictures_in_s3_are_fetched(
    session: LocalSession, model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], aws: str
) -> None:
    location = {"LocationConstraint": moto.REGION}
    session.connection.client("s3").create_bucket(Bucket="streets", CreateBucketConfiguration=location)
    session.objects.upload([(model, S3Uri("streets", "model.tar.gz"))])
    for name in ("b.jpg", "c/d.png"):
        session.objects.write(S3Uri("streets", f"validation/{name}"), b"a picture")
    report = export_model(
        "s3://streets/model.tar.gz",
        tmp_path / "out.tar.gz",
        validation="s3://streets/validation/",
        sagemaker_session=session,
    )
    assert capfd.readouterr().out == "validation b.jpg c\n"
    assert forms_of(tmp_path / "out.tar.gz") == [Form(report.format, report.precision)]


def test_the_log_can_be_left_out(
    session: LocalSession, model: Path, validation: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    export_model(model, tmp_path / "out.tar.gz", validation=validation, sagemaker_session=session, logs=False)
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "int8 must be calibrated on pictures, which channel train has: give it, or export fp32"),
        (
            ["train", "validation"],
            "int8 must pass the accuracy gate, which needs the channels validation and validation_annotation, and "
            "validation_annotation is missing: give it, or export fp32",
        ),
    ],
)
def test_int8_without_its_channels_is_refused(
    session: LocalSession, model: Path, validation: Path, tmp_path: Path, given: list[str], sentence: str
) -> None:
    with pytest.raises(UserError) as refusal:
        export_model(
            model,
            tmp_path / "out.tar.gz",
            precision="int8",
            sagemaker_session=session,
            train=validation if "train" in given else None,
            validation=validation if "validation" in given else None,
        )
    assert str(refusal.value) == sentence


def test_pictures_that_have_moved_are_named(session: LocalSession, model: Path, tmp_path: Path) -> None:
    with pytest.raises(ChannelError, match=r"^channel .*'/nowhere'$"):
        export_model(model, tmp_path / "out.tar.gz", validation="/nowhere", sagemaker_session=session)


def test_an_augmented_manifest_is_refused(session: LocalSession, model: Path, tmp_path: Path) -> None:
    manifest = TrainingInput(tmp_path / "a.manifest", s3_data_type="AugmentedManifestFile", input_mode="Pipe")
    with pytest.raises(ChannelError, match=r"^channel 'validation' must be a folder here, got an augmented manifest"):
        export_model(model, tmp_path / "out.tar.gz", validation=manifest, sagemaker_session=session)


@pytest.mark.parametrize("path", ["nowhere", "model.zip", "s3://bucket/model.tar.gz", ""])
def test_a_path_that_is_neither_a_folder_nor_an_archive_is_refused(path: str) -> None:
    with pytest.raises(UserError, match=r"^path must be "):
        target_at(path)


def test_a_model_that_is_not_there_is_refused(session: LocalSession, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"'/nowhere\.tar\.gz'$"):
        export_model("/nowhere.tar.gz", tmp_path, sagemaker_session=session)


def test_the_refusal_of_the_child_is_the_callers(
    session: LocalSession, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_EXPORT", "be_refused")
    with pytest.raises(ModelError, match=r"^INT8 must lose .* mIOU$"):
        export_model(model, tmp_path / "out.tar.gz", sagemaker_session=session)
    assert not (tmp_path / "out.tar.gz").exists()
    assert list(session.home.exports.iterdir()) == []


def test_a_child_that_crashes_is_told_by_its_last_line(
    session: LocalSession, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_EXPORT", "crash")
    sentence = r"^the export ended with exit code 3; the last line of its log: something goes wrong$"
    with pytest.raises(PlatformError, match=sentence):
        export_model(model, tmp_path / "out.tar.gz", sagemaker_session=session, logs=False)


def test_an_interrupted_export_leaves_nothing(model: Path, tmp_path: Path) -> None:
    home, log = tmp_path / "home", tmp_path / "log.txt"
    with start_export(model, home, log) as process:
        wait_for_line(log, "working in")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) != 0
    assert list((home / "exports").iterdir()) == []
    assert not (tmp_path / "out.tar.gz").exists()


def test_what_another_export_removes_meanwhile_is_let_be(session: LocalSession, model: Path, tmp_path: Path) -> None:
    session.home.create()
    (session.home.exports / ".export-gone").symlink_to("nowhere")  # listed, and not there when it is looked at
    assert export_model(model, tmp_path / "out.tar.gz", "openvino", sagemaker_session=session)


def test_what_a_killed_export_left_is_removed_by_a_later_one(
    session: LocalSession, model: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log.txt"
    with start_export(model, session.home.root, log) as process:
        wait_for_line(log, "working in")
        process.kill()
    (left,) = session.home.exports.iterdir()
    export_model(model, tmp_path / "out.tar.gz", sagemaker_session=session)
    assert left.exists()  # it could still be at its beginning
    os.utime(left, (1, 1))
    half, young = (tmp_path / f".out.tar.gz.{letter * 32}.part" for letter in "0f")
    for part in (half, young):
        part.touch()
    os.utime(half, (1, 1))
    export_model(model, tmp_path / "out.tar.gz", sagemaker_session=session)
    assert list(session.home.exports.iterdir()) == []
    assert (half.exists(), young.exists()) == (False, True)


def test_an_export_is_told_nothing_of_aws(
    session: LocalSession, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("FAKE_EXPORT", "tell_of_aws")
    with pytest.raises(PlatformError, match=r"the last line of its log: \[\]$"):
        export_model(model, tmp_path / "out.tar.gz", sagemaker_session=session, logs=False)


def start_export(model: Path, home: Path, log: Path) -> subprocess.Popen:
    lines = (
        "from semseg.export import export_model",
        "from tests.local.fakes import session_at",
        f"session = session_at({str(home)!r})",
        f"export_model({str(model)!r}, {str(model.parent / 'out.tar.gz')!r}, sagemaker_session=session)",
    )
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-c", "\n".join(lines)],
            env={**os.environ, "FAKE_EXPORT": "take_long"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )


@pytest.fixture
def estimator(tmp_path: Path, session: LocalSession) -> Estimator:
    """One whose job has ended; its pictures are there still."""
    estimator = estimator_at(tmp_path / "home")
    estimator.fit(channels_at(tmp_path / "data"), logs=False, job_name="street")
    return estimator


def test_an_estimator_keeps_exports_in_its_jobs_folder(estimator: Estimator, session: LocalSession) -> None:
    kept = session.home.jobs / "street" / "exports" / "model.tar.gz"
    assert estimator.export("onnx", logs=False).archive == str(kept)
    assert estimator.export("openvino", precision="int8", logs=False).archive == str(kept)
    assert forms_of(kept) == [Form("onnx", "fp32"), Form("openvino", "int8")]


def test_an_estimator_exports_to_any_place(estimator: Estimator, tmp_path: Path) -> None:
    assert estimator.export("onnx", tmp_path / "a.tar.gz").archive == str(tmp_path / "a.tar.gz")


def test_a_form_that_does_not_exist_is_refused_by_an_estimator(estimator: Estimator) -> None:
    with pytest.raises(UserError, match=r"^format must .*'tensorrt'$"):
        estimator.export("tensorrt")


def test_an_estimator_without_a_job_has_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no training job yet"):
        estimator_at(tmp_path / "home").export("onnx")


def test_deploying_in_int8_makes_the_form_once_and_serves_it(
    estimator: Estimator, session: LocalSession, capfd: pytest.CaptureFixture[str]
) -> None:
    kept = session.home.jobs / "street" / "exports" / "model.tar.gz"
    served = []
    for name in ("first", "second"):
        predictor = estimator.deploy(1, "local", endpoint_name=name, env=INT8)
        served.append((session.home.endpoints / name / "model" / "model_int8.xml").read_text())
        predictor.delete_endpoint()
    assert served[0] == served[1]  # made by the same process
    assert forms_of(kept) == [Form("openvino", "int8")]
    assert capfd.readouterr().out.count("The model has no int8 form yet") == 1


def test_deploying_a_light_form_makes_it_where_there_is_another_one_only(
    estimator: Estimator, session: LocalSession
) -> None:
    kept = session.home.jobs / "street" / "exports" / "model.tar.gz"
    estimator.export("openvino", precision="int8")
    estimator.deploy(1, "local", endpoint_name="light", env={"SEMSEG_LIGHT": "True"}).delete_endpoint()
    assert forms_of(kept) == [Form("openvino", "fp32", light=True), Form("openvino", "int8")]


def test_deploying_without_int8_exports_nothing(estimator: Estimator, session: LocalSession) -> None:
    estimator.deploy(1, "local", endpoint_name="plain", env={"SEMSEG_SCALE": "native"}).delete_endpoint()
    assert not (session.home.jobs / "street" / "exports").exists()


def test_a_server_in_int8_without_a_form_for_it_is_refused_before_it_starts(tmp_path: Path) -> None:
    (tmp_path / "model.xml").touch()
    (tmp_path / "model.bin").touch()
    with pytest.raises(ModelError, match=r"make one by semseg\.export_model\(model_data, path, precision=\"int8\""):
        check_form_wish(tmp_path, INT8)
    check_form_wish(tmp_path, {})
    (tmp_path / "model_int8.onnx").touch()
    check_form_wish(tmp_path, INT8)
    with pytest.raises(ModelError, match=r"^SEMSEG_LIGHT is True, and the model must have a light form for it, but it"):
        check_form_wish(tmp_path, {"SEMSEG_LIGHT": "True"})


def test_the_report_in_the_archive_is_the_one_that_is_returned(
    session: LocalSession, model: Path, tmp_path: Path
) -> None:
    report = export_model(model, tmp_path / "out.tar.gz", "onnx", sagemaker_session=session)
    with tarfile.open(tmp_path / "out.tar.gz") as tar:
        exported = tar.extractfile("export.json")
        assert exported is not None
        written = json.load(exported)
    assert written == {"onnx-fp32": report.to_json()}
