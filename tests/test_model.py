"""Models, deployed into small servers in processes of their own."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import write_parameters
from semseg.aws.account import Account
from semseg.aws.endpoints import Endpoints
from semseg.deserializers import BytesDeserializer, MaskDeserializer
from semseg.errors import ModelError, PlatformError, UserError
from semseg.local.process.process import wait_until_unlocked
from semseg.model import Model
from semseg.predictor import Predictor
from semseg.serializers import IdentitySerializer, ImageSerializer
from tests.local.fakes import archive_at, model_at, model_folder_at, session_at


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return Model(model_data=model_at(tmp_path), sagemaker_session=session_at(tmp_path))


def test_an_endpoint_lives_until_it_is_deleted(
    model: Model, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    predictor = model.deploy(1, "local", endpoint_name="pets")
    assert capsys.readouterr().out.strip().strip("-") == "!"
    assert isinstance(predictor.serializer, ImageSerializer)
    assert isinstance(predictor.deserializer, MaskDeserializer)
    description = session_at(tmp_path).describe_endpoint("pets")
    assert description["EndpointStatus"] == "InService"
    assert description["EndpointUrl"] == predictor.endpoint_url
    assert description["ModelDataUrl"] == (tmp_path / "model.tar.gz").as_uri()
    with pytest.raises(UserError, match="'pets'"):
        model.deploy(1, "local", endpoint_name="pets")
    predictor.delete_endpoint()
    assert list((tmp_path / "endpoints").iterdir()) == []


def test_the_server_is_handed_the_environment_the_port_and_the_kind_of_machine(tmp_path: Path) -> None:
    session = session_at(tmp_path)
    session.endpoints.command = ("sh", "-c", "cat $SAGEMAKER_BASE_DIR/input/config/resourceconfig.json; env; exit 1")
    session.config = {"local": {"serving_port": 18231}}
    model = Model(model_data=model_at(tmp_path), sagemaker_session=session, env={"COLOUR": "green"})
    predictor = model.deploy(1, "local_gpu", endpoint_name="pets", wait=False)
    folder = tmp_path / "endpoints" / "pets"
    log = read_when_ended(folder)
    assert '"current_instance_type": "local_gpu"' in log
    assert "COLOUR=green\n" in log
    assert f"SAGEMAKER_BASE_DIR={folder}\n" in log
    assert "SAGEMAKER_BIND_TO_PORT=18231\n" in log
    assert "SEMSEG_ENDPOINT_NAME=pets\n" in log
    assert f"SEMSEG_CACHE_DIR={tmp_path / 'compiled'}\n" in log
    with pytest.raises(PlatformError):
        predictor.predict(b"\xff\xd8\xff")


def read_when_ended(folder: Path) -> str:
    assert wait_until_unlocked(folder / "lock", 10)
    return (folder / "log.txt").read_text()


def test_without_waiting_the_endpoint_is_being_created(tmp_path: Path) -> None:
    model = Model(model_data=model_at(tmp_path), sagemaker_session=session_at(tmp_path), env={"FAKE_SERVE": "slow"})
    predictor = model.deploy(1, "local", wait=False)
    assert model.endpoint_name is not None
    assert model.endpoint_name.startswith("semantic-segmentation-20")
    assert session_at(tmp_path).describe_endpoint(model.endpoint_name)["EndpointStatus"] == "Creating"
    predictor.delete_endpoint()


def test_a_server_that_ends_while_it_loads_is_reported_with_its_last_line(tmp_path: Path) -> None:
    model = Model(model_data=model_at(tmp_path), sagemaker_session=session_at(tmp_path), env={"FAKE_SERVE": "broken"})
    with pytest.raises(PlatformError, match=r"not to my taste$"):
        model.deploy(1, "local", endpoint_name="pets")
    assert (tmp_path / "endpoints" / "pets" / "log.txt").read_text() == "the model is not to my taste\n"


def test_a_server_that_is_not_ready_in_time_is_stopped(tmp_path: Path) -> None:
    environment = {"FAKE_SERVE": "never_ready"}
    model = Model(model_data=model_at(tmp_path), sagemaker_session=session_at(tmp_path), env=environment)
    with pytest.raises(PlatformError, match="not ready"):
        model.deploy(1, "local", endpoint_name="pets", container_startup_health_check_timeout=1)
    description = session_at(tmp_path).describe_endpoint("pets")
    assert description["EndpointStatus"] == "Failed"
    assert description["FailureReason"].startswith("endpoint 'pets' was not ready within 1 second; the last line of")


def test_an_exported_form_is_servable_without_parameters_and_refused_where_it_was_changed(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"a graph").hexdigest()
    form = {
        "hyperparams.json": b'{"num_classes": "2"}',
        "model.onnx": b"a graph",
        "export.json": json.dumps({"onnx-fp32": {"sha256": {"model.onnx": digest}}}).encode(),
    }
    archive = archive_at(tmp_path, form)
    predictor = Model(model_data=archive, sagemaker_session=session_at(tmp_path)).deploy(1, "local")
    folder = tmp_path / "endpoints" / predictor.endpoint_name
    assert sorted(path.name for path in (folder / "model").iterdir()) == sorted(form)
    predictor.delete_endpoint()
    archive = archive_at(tmp_path, {**form, "model.onnx": b"another"})
    with pytest.raises(ModelError, match=r"model\.onnx"):
        Model(model_data=archive, sagemaker_session=session_at(tmp_path)).deploy(1, "local")


def test_a_broken_model_is_refused_before_a_server_is_started(tmp_path: Path) -> None:
    model = Model(model_data=model_at(tmp_path, hyperparams="{}"), sagemaker_session=session_at(tmp_path))
    with pytest.raises(ModelError, match="num_classes"):
        model.deploy(1, "local", endpoint_name="pets")
    assert list((tmp_path / "endpoints").iterdir()) == []


@pytest.mark.parametrize(
    ("hyperparams", "weight", "sentence"),
    [
        ('{"num_classes": 2}', float("nan"), r"^model_best\.params must hold finite numbers, but conv0_weight has NaN"),
        (
            '{"num_classes": 2, "base_size": 1000000000000000000}',
            0.5,
            r"^base_size in hyperparams\.json must be .* 65535,",
        ),
    ],
)
def test_a_model_that_cannot_answer_is_refused_before_a_server_is_started(
    tmp_path: Path, hyperparams: str, weight: float, sentence: str
) -> None:
    write_parameters(tmp_path / "parameters", {"conv0_weight": np.array([0.25, weight], np.float32)})
    contents = {"hyperparams.json": hyperparams.encode(), "model_best.params": (tmp_path / "parameters").read_bytes()}
    model = Model(model_data=archive_at(tmp_path, contents), sagemaker_session=session_at(tmp_path))
    with pytest.raises(ModelError, match=sentence):
        model.deploy(1, "local", endpoint_name="pets")
    assert list((tmp_path / "endpoints").iterdir()) == []


@pytest.mark.parametrize(
    ("model_data", "error", "sentence"),
    [
        ("none.tar.gz", ModelError, r"/none\.tar\.gz'$"),
        (
            "a" * 300,
            UserError,
            r"^model_data must be a path or a file:// URI, got '.{118}', and no file can have such a ",
        ),
        (None, UserError, r"^model_data must be a URI of a model.tar.gz, got None$"),
    ],
)
def test_a_model_that_is_not_there_is_refused(
    tmp_path: Path, model_data: str | None, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        Model(model_data=model_data, sagemaker_session=session_at(tmp_path)).deploy(1, "local")


@pytest.mark.parametrize("as_uri", [False, True])
def test_the_folder_that_a_failed_job_left_is_deployed(tmp_path: Path, as_uri: bool) -> None:
    folder = model_folder_at(tmp_path / "a model")
    session = session_at(tmp_path / "home")
    model = Model(model_data=folder.as_uri() if as_uri else folder, sagemaker_session=session)
    predictor = model.deploy(1, "local", endpoint_name="pets")
    assert session.describe_endpoint("pets")["ModelDataUrl"] == folder.as_uri()
    served = tmp_path / "home" / "endpoints" / "pets" / "model"
    assert sorted(path.name for path in served.iterdir()) == ["hyperparams.json", "model_best.params"]
    predictor.delete_endpoint()
    assert len(list(folder.iterdir())) == 2


def test_a_folder_without_a_model_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "job" / "model").mkdir(parents=True)
    model = Model(model_data=tmp_path / "job" / "model", sagemaker_session=session_at(tmp_path / "home"))
    with pytest.raises(ModelError, match=r"has no hyperparams\.json and no model_best\.params or model_algo-1$"):
        model.deploy(1, "local")
    assert list((tmp_path / "home" / "endpoints").iterdir()) == []


def test_a_folder_is_no_model_of_sagemaker_and_the_way_out_is_told(tmp_path: Path) -> None:
    request = {"ModelName": "m", "ExecutionRoleArn": "a", "PrimaryContainer": {"ModelDataUrl": str(tmp_path)}}
    with pytest.raises(UserError) as refusal:
        Endpoints(Account()).create_model(request)
    assert str(refusal.value) == (
        f"model_data of a managed model must be in S3, got '{tmp_path}': pack its files "
        f"(tar -czf model.tar.gz -C {tmp_path} .), and upload it with S3Uploader.upload()"
    )


def test_a_bad_endpoint_name_is_refused(model: Model) -> None:
    with pytest.raises(UserError, match=r"endpoint .*'\.\./pets'$"):
        model.deploy(1, "local", endpoint_name="../pets")


def test_a_managed_instance_is_refused(model: Model) -> None:
    with pytest.raises(UserError, match=r"got 'ml.c5.xlarge': a LocalSession has this machine alone"):
        model.deploy(1, "ml.c5.xlarge")


def test_what_would_change_what_runs_is_refused_and_leaves_nothing(model: Model, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^entry_point"):
        Model(entry_point="serve.py")
    sentence = (
        r"^AsyncInferenceConfig is not supported on this machine, where the built-in algorithm runs without containers"
        r": leave it out$"
    )
    with pytest.raises(UserError, match=sentence):
        model.deploy(1, "local", async_inference_config={"a": 1})
    assert session_at(tmp_path).models.names() == []


def test_a_predictor_class_of_ones_own_is_called_with_name_and_session(model: Model) -> None:
    class Own(Predictor):
        pass

    model.predictor_cls = Own
    predictor = model.deploy(
        1, "local", wait=False, serializer=IdentitySerializer("image/png"), deserializer=BytesDeserializer(("a/b",))
    )
    assert type(predictor) is Own
    assert predictor.endpoint_name == model.endpoint_name
    assert (predictor.content_type, predictor.accept) == ("image/png", ("a/b",))
    predictor.delete_endpoint()


@pytest.mark.parametrize("order", [("delete_model", "delete_endpoint"), ("delete_endpoint", "delete_model")])
def test_an_endpoint_leaves_nothing_behind_in_either_order(
    model: Model, tmp_path: Path, order: tuple[str, str]
) -> None:
    predictor = model.deploy(1, "local", endpoint_name="pets", wait=False)
    session = session_at(tmp_path)
    assert session.endpoint_configs.names() == ["pets"]
    assert session.models.names() == [model.name]
    for method in order:
        getattr(predictor, method)()
    assert session.endpoint_configs.names() == session.models.names() == []


def test_a_model_that_deploy_made_goes_with_the_last_endpoint_that_needs_it(model: Model, tmp_path: Path) -> None:
    session = session_at(tmp_path)
    first = model.deploy(1, "local", endpoint_name="pets", wait=False)
    second = model.deploy(1, "local", endpoint_name="cows", wait=False)
    first.delete_endpoint()
    assert session.models.names() == [model.name]
    second.delete_endpoint()
    assert session.models.names() == []
    first.delete_model()  # as scripts for SageMaker do
    model.delete_model()


def test_a_deploy_onto_a_name_that_is_taken_leaves_no_model(model: Model, tmp_path: Path) -> None:
    session = session_at(tmp_path)
    predictor = model.deploy(1, "local", endpoint_name="pets", wait=False)
    with pytest.raises(UserError, match="'pets'"):
        Model(model_data=model.model_data, sagemaker_session=session, name="other").deploy(
            1, "local", endpoint_name="pets"
        )
    assert session.models.names() == [model.name]
    assert session.endpoint_configs.names() == ["pets"]
    predictor.delete_endpoint()


def test_a_model_that_somebody_created_is_his_to_delete(model: Model, tmp_path: Path) -> None:
    session = session_at(tmp_path)
    for create_first in (True, False):
        if create_first:
            model.create("local")
        predictor = model.deploy(1, "local", endpoint_name="pets", wait=False)
        if not create_first:
            model.create("local")
        predictor.delete_endpoint()
        assert session.models.names() == [model.name]
        predictor.delete_model()
        assert session.models.names() == []


def test_a_model_of_a_failed_endpoint_goes_when_another_is_deployed_in_its_place(tmp_path: Path) -> None:
    session = session_at(tmp_path)
    for name in ("first", "second"):
        broken = {"FAKE_SERVE": "broken", "SEMSEG_TOKEN": name}
        model = Model(model_data=model_at(tmp_path), sagemaker_session=session, name=name, env=broken)
        with pytest.raises(PlatformError):
            model.deploy(1, "local", endpoint_name="pets")
        assert session.models.names() == [name]  # a failed endpoint can be looked into
    session.delete_endpoint("pets")
    assert session.models.names() == ["second"]
    assert [removal.name for removal in session.clean(0, dry_run=True)] == ["second"]
    assert [removal.name for removal in session.clean(0, dry_run=False)] == ["second"]
    assert session.models.names() == session.endpoint_configs.names() == []


def test_an_update_of_this_machines_endpoint_is_refused_and_leaves_nothing(model: Model, tmp_path: Path) -> None:
    predictor = model.deploy(1, "local", endpoint_name="pets", wait=False)
    with pytest.raises(UserError, match=r"^update_endpoint is not supported on this machine"):
        predictor.update_endpoint(model_name="other")
    assert session_at(tmp_path).endpoint_configs.names() == ["pets"]
    predictor.delete_endpoint()


def test_a_model_is_known_by_its_name_and_never_replaced_by_another(model: Model, tmp_path: Path) -> None:
    model.name = "street"
    model.create("local")
    model.create("local")
    model.env = {"COLOUR": "green"}
    with pytest.raises(UserError, match="'street'"):
        model.create("local")
    with pytest.raises(UserError, match=r"^there is no model 'lane' on this machine; there are: street$"):
        session_at(tmp_path).describe_model("lane")


def test_endpoints_that_fail_in_one_moment_are_all_kept_with_their_logs(tmp_path: Path) -> None:
    session = session_at(tmp_path)
    session.endpoints.command = ("sh", "-c", "echo it ended; exit 1")
    archive, together = model_at(tmp_path), Barrier(8)

    def deploy() -> str:
        model = Model(model_data=archive, sagemaker_session=session)
        together.wait()
        with pytest.raises(PlatformError) as failure:
            model.deploy(1, "local")
        return str(failure.value)

    with ThreadPoolExecutor(8) as threads:
        failures = [threads.submit(deploy) for _ in range(8)]
    assert [failure.result().endswith("its log: it ended") for failure in failures] == [True] * 8
    assert len(list((tmp_path / "endpoints").glob("*/log.txt"))) == 8
