"""The transformer, over real jobs of this machine with the small server of fake_serve.py."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from semseg.contract import png_mask
from semseg.errors import UserError
from semseg.local import LocalSession
from semseg.model import Model
from semseg.transformer import Transformer
from tests.local.fake_serve import MASK
from tests.local.fakes import model_at, session_at


@pytest.fixture
def session(tmp_path: Path) -> LocalSession:
    return session_at(tmp_path / "home")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "pictures" / name).write_bytes(b"a picture, more or less")
    return tmp_path / "pictures"


def transformer_of(session: LocalSession, folder: Path, **arguments: Any) -> Transformer:
    model = Model(model_data=model_at(folder), env={"COLOUR": "green"}, sagemaker_session=session)
    return model.transformer(1, "local", **arguments)


def test_the_parameters_are_those_of_the_sdk_in_its_order() -> None:
    assert " ".join(inspect.signature(Transformer).parameters) == (
        "model_name instance_count instance_type strategy assemble_with output_path output_kms_key accept "
        "max_concurrent_transforms max_payload tags env base_transform_job_name sagemaker_session volume_kms_key"
    )
    assert " ".join(inspect.signature(Transformer.transform).parameters) == (
        "self data data_type content_type compression_type split_type job_name input_filter output_filter join_source "
        "experiment_config model_client_config batch_data_capture_config wait logs"
    )


def test_a_model_is_created_transformed_with_and_deleted(
    session: LocalSession, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    transformer = transformer_of(session, tmp_path, output_path=tmp_path / "masks", accept="image/png")
    transformer.transform(pictures, content_type="image/jpg", job_name="one")
    assert png_mask.decode((tmp_path / "masks" / "a.jpg.out").read_bytes()).tolist() == MASK.tolist()
    assert "#transform_notice. pictures: 2" in capsys.readouterr().out
    assert transformer.output_path == (tmp_path / "masks").as_uri()
    assert transformer.latest_transform_job
    assert transformer.latest_transform_job.describe()["TransformInput"]["ContentType"] == "image/jpeg"
    assert transformer.latest_transform_job.name == transformer.latest_transform_job.job_name == "one"
    assert session.has_model(transformer.model_name)
    transformer.delete_model()
    assert not session.has_model(transformer.model_name)


def test_each_job_without_an_output_path_has_its_own(session: LocalSession, pictures: Path, tmp_path: Path) -> None:
    transformer = transformer_of(session, tmp_path)
    places = []
    for name in ("one", "two"):
        transformer.transform(pictures.as_uri(), job_name=name, logs=False)
        places.append(transformer.output_path)
    assert places == [(session.home.transform_jobs / name / "output").as_uri() for name in ("one", "two")]


def test_another_process_finds_the_job_by_its_name(session: LocalSession, pictures: Path, tmp_path: Path) -> None:
    first = transformer_of(session, tmp_path, accept="image/png", max_payload=8)
    first.transform(pictures, job_name="one", wait=False)
    again = Transformer.attach("one", session_at(session.home.root))
    again.wait(logs=False)
    assert again.latest_transform_job
    assert again.latest_transform_job.describe()["TransformJobStatus"] == "Completed"
    assert (again.model_name, again.accept, again.max_payload) == (first.model_name, "image/png", 8)


def test_a_job_is_stopped_and_waited_for(session: LocalSession, pictures: Path, tmp_path: Path) -> None:
    (pictures / "a.jpg").write_bytes(b"wait")
    transformer = transformer_of(session, tmp_path)
    transformer.transform(pictures, job_name="one", wait=False)
    transformer.stop_transform_job()
    assert transformer.latest_transform_job
    assert transformer.latest_transform_job.describe()["TransformJobStatus"] == "Stopped"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"input_filter": "$.a"}, r"InputFilter of a transform job must be \$ on this machine, got '\$\.a'"),
        ({"join_source": "Input"}, "JoinSource of a transform job must be None on this machine, got 'Input'"),
        ({"data_type": "ManifestFile"}, "S3DataType of a transform job must be S3Prefix on this machine, got .*"),
        (
            {"batch_data_capture_config": {"DestinationS3Uri": "s3://b/c"}},
            "DestinationS3Uri of a transform job must be left out on this machine, got 's3://b/c'",
        ),
        ({"model_client_config": 3}, "model_client_config must be a dictionary named as in the SageMaker API, got int"),
    ],
)
def test_what_this_machine_cannot_do_is_refused_by_name(
    session: LocalSession, pictures: Path, tmp_path: Path, arguments: dict[str, Any], sentence: str
) -> None:
    transformer = transformer_of(session, tmp_path)
    with pytest.raises(UserError, match=f"^{sentence}$"):
        transformer.transform(pictures, **arguments)
    assert transformer.latest_transform_job is None


def test_a_transformer_without_a_job_says_what_to_do(session: LocalSession) -> None:
    with pytest.raises(UserError, match=r"^the transformer has no job yet: call transform\(\), or "):
        Transformer("street", 1, "local", sagemaker_session=session).wait()
