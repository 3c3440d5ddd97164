"""The estimator, over real supervisors that run a small training process."""

from __future__ import annotations

import inspect
import json
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import semseg
from semseg.api.local_refusals import check_instance
from semseg.errors import ChannelError, HyperparameterError, TrainingError, UserError
from semseg.estimator import Estimator
from semseg.inputs import TrainingInput
from semseg.job import Shown, shows_logs
from semseg.local.files.locations import local_path
from semseg.training_request import settings_of, training_request
from tests.local.fake_train import LOG
from tests.local.fakes import channels_at, estimator_at, model_in, session_at, wait_for_line
from tests.trained import archive_of, job_of

OF_SAGEMAKER = {
    "instance_type": "ml.g5.12xlarge",
    "image_uri": "123456789012.dkr.ecr.us-west-2.amazonaws.com/ours:3",
    "role": "train",
}


def changed(estimator: Estimator, **settings: Any) -> Estimator:
    """An estimator with other settings."""
    for name, value in settings.items():
        setattr(estimator, name, value)
    return estimator


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("estimator")


@pytest.fixture(scope="module")
def trained(place: Path) -> Estimator:
    estimator = estimator_at(place / "home", base_job_name="horses")
    estimator.fit(channels_at(place), logs=False)
    return estimator


def test_the_parameters_are_those_of_the_sdk_in_its_order() -> None:
    assert " ".join(inspect.signature(Estimator).parameters) == (
        "image_uri role instance_count instance_type keep_alive_period_in_seconds volume_size volume_kms_key max_run "
        "input_mode output_path output_kms_key base_job_name sagemaker_session hyperparameters tags subnets "
        "security_group_ids model_uri model_channel_name metric_definitions encrypt_inter_container_traffic "
        "use_spot_instances max_wait checkpoint_s3_uri checkpoint_local_path enable_network_isolation rules "
        "debugger_hook_config tensorboard_output_config enable_sagemaker_metrics profiler_config disable_profiler "
        "environment max_retry_attempts source_dir git_config container_log_level code_location entry_point "
        "dependencies instance_groups training_repository_access_mode training_repository_credentials_provider_arn "
        "container_entry_point container_arguments disable_output_compression enable_infra_check enable_remote_debug "
        "enable_session_tag_chaining training_plan instance_placement_config distribution renamed"
    )


def test_a_completed_job_has_a_model_archive_at_a_file_uri(trained: Estimator) -> None:
    archive = archive_of(trained)
    assert archive.parts[-2:] == ("output", "model.tar.gz")
    with tarfile.open(archive) as tar:
        assert sorted(tar.getnames()) == ["hyperparams.json", "model_algo-1", "model_best.params"]


def test_a_job_is_named_after_its_base_and_the_time(trained: Estimator) -> None:
    assert job_of(trained).name.startswith("horses-20")
    assert job_of(trained).job_name == job_of(trained).name
    assert [job.name for job in trained.jobs] == [job_of(trained).name]


def test_a_description_is_shaped_as_describe_training_job(trained: Estimator) -> None:
    job = job_of(trained).describe()
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Completed"
    assert job["HyperParameters"] == {"num_classes": "2", "num_training_samples": "3"}
    assert job["ResourceConfig"]["InstanceType"] == "local"
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}
    assert job["InputDataConfig"][0]["ChannelName"] == "train"
    assert job["CreationTime"] <= job["TrainingStartTime"] <= job["TrainingEndTime"]
    assert job["TrainingEndTime"] - job["TrainingStartTime"] < timedelta(seconds=job["TrainingTimeInSeconds"] + 1)
    assert job["BillableTimeInSeconds"] == job["TrainingTimeInSeconds"]
    assert {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]} == {
        "train:loss": 0.5,
        "validation:mIOU": 0.75,
    }
    assert "FailureReason" not in job


def test_attach_finds_the_job_with_its_settings(trained: Estimator, place: Path) -> None:
    attached = Estimator.attach(job_of(trained).name, session_at(place / "home"))
    assert attached.model_data == trained.model_data
    assert attached.hyperparameters() == {"num_classes": "2", "num_training_samples": "3"}
    assert attached.instance_type == "local"


def test_attach_brings_back_every_setting_of_a_job(place: Path) -> None:
    given: dict[str, Any] = {
        "image_uri": "mine:1",
        "tags": {"team": "maps"},
        "training_repository_access_mode": "Vpc",
        "training_repository_credentials_provider_arn": "arn:aws:lambda:us-west-2:123456789012:function:login",
        "enable_infra_check": True,
        "enable_remote_debug": True,
        "enable_session_tag_chaining": True,
        "training_plan": "arn:aws:sagemaker:us-west-2:123456789012:training-plan/plan",
        "instance_placement_config": {"EnableMultipleJobs": True},
        "disable_profiler": True,
        "tensorboard_output_config": {"S3OutputPath": (place / "events").as_uri()},
    }
    first = estimator_at(place / "home", base_job_name="ponies", **given)
    first.fit(channels_at(place), logs=False)
    attached = Estimator.attach(job_of(first).name, session_at(place / "home"))
    assert {name: getattr(attached, name) for name in given} == {**given, "tags": [{"Key": "team", "Value": "maps"}]}
    assert attached.base_job_name == "ponies"
    assert attached.metric_definitions is None
    names = (job_of(first).name, "again-after-attach")
    attached.fit(channels_at(place), logs=False, job_name=names[1])
    requests = [json.loads((place / "home" / "jobs" / name / "job.json").read_text()) for name in names]
    assert requests[1] == {**requests[0], "TrainingJobName": names[1]}


def test_attach_brings_back_what_an_image_of_ones_own_is_told() -> None:
    own = {
        "TrainingImage": "mine:1",
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "score", "Regex": "score=(.*)"}],
        "ContainerEntrypoint": ["python", "train.py"],
        "ContainerArguments": ["--fast"],
    }
    job = {"AlgorithmSpecification": own, "ResourceConfig": {}, "OutputDataConfig": {}}
    settings = settings_of(job, "model")
    assert settings["metric_definitions"] == [{"Name": "score", "Regex": "score=(.*)"}]
    assert settings["container_entry_point"] == ["python", "train.py"]
    assert settings["container_arguments"] == ["--fast"]


def test_logs_prints_the_log_and_the_seconds(trained: Estimator, capsys: pytest.CaptureFixture[str]) -> None:
    trained.logs()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "LRScheduler setup: iters per epoch: 20, num_epochs 2"
    assert lines[-2].startswith("Training seconds: ")
    assert lines[-1].startswith("Billable seconds: ")


def test_the_analytics_are_those_of_the_latest_job(trained: Estimator) -> None:
    assert {"timestamp": 5.0, "metric_name": "validation:mIOU", "value": 0.75} in trained.training_job_analytics.rows()


def test_a_job_name_can_be_used_once(trained: Estimator, place: Path) -> None:
    name = job_of(trained).name
    with pytest.raises(UserError, match=f"'{name}'"):
        trained.fit(channels_at(place), job_name=name)


def test_an_earlier_model_becomes_the_model_channel(trained: Estimator, place: Path) -> None:
    again = estimator_at(place / "home", model_uri=trained.model_data, output_path=place / "elsewhere")
    again.fit(channels_at(place), job_name="again", logs="None")
    job = job_of(again).describe()
    assert job["InputDataConfig"][-1]["ChannelName"] == "model"
    assert job["InputDataConfig"][-1]["ContentType"] == "application/x-sagemaker-model"
    assert again.model_data == (place / "elsewhere" / "again" / "output" / "model.tar.gz").as_uri()
    linked = place / "home" / "jobs" / "again" / "input" / "data" / "model" / "model.tar.gz"
    assert linked.samefile(archive_of(trained))
    attached = Estimator.attach("again", session_at(place / "home"))
    assert attached.model_uri is not None
    assert local_path("model_uri", attached.model_uri) == archive_of(trained)


def test_a_failed_job_raises_what_its_process_wrote(place: Path) -> None:
    with pytest.raises(
        TrainingError, match=r"^Error for Training job f: Failed. Reason: train/street.jpg has no mask$"
    ):
        estimator_at(place / "home", "fail").fit(channels_at(place), job_name="f", logs=False)


def test_fit_without_waiting_returns_before_the_end_and_stop_keeps_the_model(
    place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    estimator = estimator_at(place / "home", "run_until_stopped")
    estimator.fit(channels_at(place), wait=False, job_name="long", experiment_config={"TrialName": "t"})
    assert job_of(estimator).describe()["TrainingJobStatus"] == "InProgress"
    with pytest.raises(UserError, match=r"^training job long has no model to give: it is InProgress$"):
        _ = estimator.model_data
    wait_for_line(place / "home" / "jobs" / "long" / "log.txt", "ready to be stopped")
    job_of(estimator).stop()
    job_of(estimator).wait(logs=False)
    job = job_of(estimator).describe()
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert job["ExperimentConfig"] == {"TrialName": "t"}
    assert archive_of(estimator).parts[-3:] == ("long", "output", "model.tar.gz")
    assert caplog.messages == ["Training job long was stopped before its last epoch: Stopped"]


def test_fit_without_waiting_says_where_the_job_runs_and_how_it_is_followed_and_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    estimator = estimator_at(tmp_path / "home")
    estimator.fit(channels_at(tmp_path), wait=False, job_name="street-1")
    assert capsys.readouterr().out == (
        f"Training job street-1 runs in {tmp_path / 'home' / 'jobs' / 'street-1'}. Follow it with logs(), stop it with "
        f'latest_training_job.stop(), of this estimator or of Estimator.attach("street-1", wait=False).\n'
    )
    job_of(estimator).wait(logs=False)


def test_attach_can_look_without_waiting(tmp_path: Path) -> None:
    first = estimator_at(tmp_path / "home", "run_until_stopped")
    first.fit(channels_at(tmp_path), wait=False, job_name="long")
    attached = Estimator.attach("long", session_at(tmp_path / "home"), wait=False)
    assert job_of(attached).describe()["TrainingJobStatus"] == "InProgress"
    wait_for_line(tmp_path / "home" / "jobs" / "long" / "log.txt", "ready to be stopped")
    job_of(attached).stop()
    job_of(first).wait(logs=False)


def failing(home: Path, then: str, **arguments: Any) -> Estimator:
    """An estimator whose job does so much after the third of its five epochs."""
    estimator = estimator_at(home, "train_each_epoch", **arguments)
    estimator.environment = {**estimator.environment, "THEN": then, "AFTER": "3"}
    estimator.set_hyperparameters(epochs=5)
    return estimator


def test_a_job_that_was_killed_is_attached_with_its_reason_deployed_and_resumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(TrainingError):
        failing(tmp_path / "home", "kill both").fit(channels_at(tmp_path), job_name="street-1", logs=False)
    capsys.readouterr()
    attached = Estimator.attach("street-1", session_at(tmp_path / "home"))
    assert capsys.readouterr().out == (
        "Training job street-1: Failed. Reason: The process that looked after the job ended before the job did: it "
        "was killed, or the machine was restarted; it can go on after 3 of 5 epochs: "
        'Estimator.attach("street-1").resume()\n'
    )
    assert model_in(archive_of(attached).parent) == b"best 3"
    attached.resume(epochs=6, logs=False)
    assert model_in(archive_of(attached).parent) == b"best 6"
    assert attached.hyperparameters()["epochs"] == 6
    assert job_of(attached).describe()["HyperParameters"]["epochs"] == "6"


def test_resume_without_waiting_says_where_the_job_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    estimator = failing(tmp_path / "home", "be killed")
    with pytest.raises(TrainingError):
        estimator.fit(channels_at(tmp_path), job_name="street-1", logs=False)
    capsys.readouterr()
    estimator.resume(wait=False)
    first, second = capsys.readouterr().out.splitlines()
    assert first == "Training job street-1 goes on after 3 of 5 epochs."
    assert second.startswith("Training job street-1 runs in ")
    job_of(estimator).wait(logs=False)


def test_an_estimator_without_a_job_has_none_to_resume(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^the estimator has no training job yet"):
        estimator_at(tmp_path / "home").resume()


@pytest.mark.parametrize("retries", [0, 31, True, "2"])
def test_a_number_of_retries_that_sagemaker_would_refuse_is_refused(retries: Any) -> None:
    with pytest.raises(UserError, match=r"^max_retry_attempts must be a whole number from 1 to 30, got "):
        Estimator(instance_type="local", max_retry_attempts=retries)


TAKING = """
import sys
from pathlib import Path
from semseg.errors import UserError
from tests.local.fakes import channels_at, estimator_at
place = Path(sys.argv[1])
estimator = estimator_at(place / "home")
channels = channels_at(place)
print("ready", flush=True)
sys.stdin.readline()
try:
    estimator.fit(channels, job_name="one", logs=False)
    print("won")
except UserError as error:
    print(error)
"""


def test_of_four_processes_that_fit_a_job_of_one_name_at_once_one_wins(tmp_path: Path) -> None:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", TAKING, str(tmp_path)]
    processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = sorted(process.communicate(timeout=120)[0].strip() for process in processes)
    refusal = (
        "a training job must have a name of its own, and there is already one named 'one': "
        'Estimator.attach("one").resume() goes on with that job, and LocalSession().delete_training_job("one") '
        "removes it"
    )
    assert said == [refusal] * 3 + ["won"]
    assert [path.name for path in (tmp_path / "home" / "jobs").iterdir()] == ["one"]


INTERRUPTED = """
import sys
from pathlib import Path
from tests.local.fakes import channels_at, estimator_at
place = Path(sys.argv[1])
estimator = estimator_at(place / "home", "run_until_stopped")
try:
    estimator.fit(channels_at(place), job_name="interrupted", logs=["All"])
except KeyboardInterrupt:
    print("interrupted with", estimator.latest_training_job.describe()["TrainingJobStatus"], estimator.model_data)
    sys.exit(7)
"""


def test_ctrl_c_stops_the_job_and_goes_on_once_its_model_is_packed(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    wait_for_line(tmp_path / "home" / "jobs" / "interrupted" / "log.txt", "ready to be stopped")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 7
    assert "interrupted with Stopped file://" in output
    assert output.count("ready to be stopped") == 1
    assert "stopped well" in output


def test_hyperparameters_are_kept_raw_and_merged() -> None:
    estimator = Estimator(instance_type="local", hyperparameters={"epochs": 3})
    estimator.set_hyperparameters(early_stopping=True, epochs=4)
    assert estimator.hyperparameters() == {"epochs": 4, "early_stopping": True}


@pytest.mark.parametrize("steps", [[10, 20], (10, 20), "10,20"])
def test_a_list_of_epochs_is_sent_as_text(tmp_path: Path, steps: object) -> None:
    estimator = estimator_at(tmp_path / "home")
    estimator.set_hyperparameters(lr_scheduler="step", lr_scheduler_step=steps)
    request = estimator.training_request(channels_at(tmp_path), "job")
    assert request["HyperParameters"]["lr_scheduler_step"] == "10,20"


def test_an_unknown_hyperparameter_is_refused_when_it_is_set() -> None:
    with pytest.raises(HyperparameterError, match="learning_rte"):
        Estimator(instance_type="local").set_hyperparameters(learning_rte=0.1)


def test_a_bad_hyperparameter_is_refused_before_a_job_is_made(tmp_path: Path) -> None:
    estimator = estimator_at(tmp_path / "home")
    estimator.set_hyperparameters(lr_scheduler="step")
    with pytest.raises(HyperparameterError, match="lr_scheduler_step"):
        estimator.fit(channels_at(tmp_path))
    assert not (tmp_path / "home").exists()


def test_a_missing_channel_is_refused_before_a_job_is_made(tmp_path: Path) -> None:
    channels = channels_at(tmp_path)
    del channels["validation"]
    with pytest.raises(ChannelError, match="validation"):
        estimator_at(tmp_path / "home").fit(channels)
    assert not (tmp_path / "home").exists()


def test_a_bad_value_for_logs_is_refused_before_a_job_is_made(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r'^logs must be True, False, "All", "None" or a list such as \["All"\], got \'some\'$'
    ):
        estimator_at(tmp_path / "home").fit(channels_at(tmp_path), logs="some")


@pytest.mark.parametrize("logs", [[["All"]], {}, [{}], 2])
def test_logs_of_another_type_are_refused_too(logs: Any) -> None:
    with pytest.raises(UserError, match=r"^logs must be "):
        shows_logs(logs)


def test_logs_may_be_a_list_as_in_the_sdk_and_are_then_the_lines_of_the_log() -> None:
    assert shows_logs(["Training", "Rules"]) is Shown.LINES
    assert [shows_logs(logs) for logs in (True, "All", "Training")] == [Shown.EPOCHS] * 3
    assert [shows_logs(logs) for logs in (False, None, "None", "Rules", ["None"])] == [Shown.NOTHING] * 5
    assert [shows_logs(shown) for shown in Shown] == list(Shown)


def test_a_fit_shows_epochs_and_with_a_list_the_lines_of_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    estimator_at(tmp_path / "home").fit(channels_at(tmp_path), job_name="one")
    epochs = capsys.readouterr().out
    assert "#quality_metric" not in epochs
    assert "best" in epochs
    estimator_at(tmp_path / "home").fit(channels_at(tmp_path), job_name="two", logs=["All"])
    assert LOG in capsys.readouterr().out
    assert not shows_logs(["None"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"instance_type": "p3.2xlarge"}, r'instance_type must be .*, such as "ml.p3.2xlarge", got \'p3.2xlarge\'$'),
        ({"instance_type": None}, "^instance_type must be .*, got None$"),
        ({"source_dir": "code"}, "^source_dir is not supported, for the algorithm takes no code of one's own"),
        ({"rules": [1], "entry_point": "train.py"}, "^rules, entry_point are not supported"),
        ({"container_log_level": 10}, "^container_log_level is not supported"),
        ({"subnets": ["a"]}, r"^subnets and security_group_ids must be given both or neither, got \['a'\] and None$"),
        ({"use_spot_instances": True}, "^max_wait must be at least max_run, 86400, with use_spot_instances, got None$"),
        ({"max_wait": 90000}, "^max_wait must be left out without use_spot_instances, got 90000$"),
        ({"tags": [{"Name": "x"}]}, "^tags must be a list of"),
        ({"max_run": 0}, "max_run must be a whole number of seconds, at least 1, got 0"),
        ({"environment": {"A": 1}}, "environment must map strings to strings, got 'A': 1"),
    ],
)
def test_parameters_that_cannot_be_honoured_are_refused(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        Estimator(**{"instance_type": "local", **arguments})


def test_parameters_about_hardware_money_and_network_are_taken() -> None:
    estimator = Estimator(
        "image:1", "role", 1, "local", volume_size=50, use_spot_instances=True, max_wait=90000, tags={"team": "maps"}
    )
    assert estimator.training_image_uri() == "image:1"
    assert Estimator(instance_type="local_gpu").training_image_uri() == "semantic-segmentation:1"


def test_the_names_of_version_1_still_work_and_warn() -> None:
    with pytest.warns(UserWarning, match="train_instance_type is now called instance_type"):
        estimator = Estimator(train_instance_type="local")
    assert estimator.instance_type == "local"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"train_instance_type": "local"}, {"instance_type": "local_gpu"}),
        ({"train_volume_size": 40}, {"volume_size": 50}),
        ({"image_name": "mine"}, {"image_uri": "mine"}),
    ],
)
def test_an_old_name_beside_its_new_one_is_refused(old: dict[str, Any], new: dict[str, Any]) -> None:
    ((old_name, old_value),), ((new_name, new_value),) = old.items(), new.items()
    sentence = (
        f"{old_name} must be left out where {new_name}, its new name, is given, got {old_value!r} and {new_value!r}"
    )
    with pytest.warns(UserWarning, match="is now called"), pytest.raises(UserError, match=f"^{sentence}$"):
        Estimator(**{"instance_type": "local", **new, **old})


@pytest.mark.parametrize("count", [True, 1.0, "1", 0, -1])
def test_a_count_of_machines_that_is_none_is_refused(count: Any) -> None:
    with pytest.raises(UserError, match=rf"^instance_count must be a whole number of at least 1, got {count!r}$"):
        Estimator(instance_count=count, instance_type="local")


@pytest.mark.parametrize("count", [True, 1.0, "1", 0, 2])
def test_more_than_one_server_of_this_machine_is_refused(count: Any) -> None:
    with pytest.raises(
        UserError, match=rf"^instance_count must be 1, for this machine is the only one, got {count!r}$"
    ):
        check_instance("local", count)


def test_two_instances_of_this_machine_are_asked_for_as_on_sagemaker(place: Path) -> None:
    estimator = estimator_at(place / "home")
    estimator.instance_count = 2
    request = estimator.training_request(channels_at(place / "two"), "streets")
    assert request["ResourceConfig"]["InstanceCount"] == 2
    assert "sagemaker_torch_distributed_enabled" not in request["HyperParameters"]


def test_more_processes_than_make_sense_on_this_machine_are_refused() -> None:
    sentence = r'^instance_count must be at most \d+ with instance_type "local", which is the number of .*, got 1000: '
    with pytest.raises(UserError, match=sentence):
        Estimator(instance_count=1000, instance_type="local")


@pytest.mark.parametrize("where", [{}, OF_SAGEMAKER])
def test_more_instances_than_a_batch_has_samples_are_refused_before_a_job_is_made(
    tmp_path: Path, where: dict[str, Any]
) -> None:
    estimator = changed(estimator_at(tmp_path / "home"), instance_count=2, **where)
    estimator.set_hyperparameters(mini_batch_size=1)
    with pytest.raises(UserError, match=r"^mini_batch_size must be at least the number of processes, 2, got 1: "):
        training_request(estimator, channels_at(tmp_path), "streets")


def test_a_distribution_adds_the_hyperparameters_of_the_sdk(place: Path) -> None:
    distribution = {"torch_distributed": {"enabled": True}}
    estimator = estimator_at(place / "home", distribution=distribution)
    estimator.instance_count = 2
    request = estimator.training_request(channels_at(place / "distributed"), "streets")
    assert request["HyperParameters"] == {
        "num_classes": "2",
        "num_training_samples": "3",
        "sagemaker_torch_distributed_enabled": "true",
        "sagemaker_instance_type": '"local"',
    }
    settings = settings_of(request, "model")
    assert settings["distribution"] == distribution
    assert settings["hyperparameters"] == {"num_classes": "2", "num_training_samples": "3"}


def test_mxnet_on_two_instances_is_refused_before_a_job_is_made(place: Path) -> None:
    estimator = estimator_at(place / "home")
    estimator.instance_count = 2
    estimator.set_hyperparameters(engine="mxnet")
    sentence = "engine must be pytorch where instance_count is 2, got 'mxnet': MXNet trains in one process"
    with pytest.raises(UserError, match=f"^{sentence}$"):
        estimator.training_request(channels_at(place / "mxnet"), "streets")


@pytest.mark.parametrize("where", [{}, OF_SAGEMAKER])
@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"input_mode": "Pipe", "record_wrapping": "RecordIO"},
            "channel train must have input mode File or FastFile in a job of 2 processes, got Pipe: a stream has one "
            "reader",
        ),
        (
            {"distribution": "ShardedByS3Key"},
            "channel train must have distribution FullyReplicated in a job of 2 machines, got ShardedByS3Key: each of "
            "them needs all samples",
        ),
    ],
)
def test_channels_that_two_instances_cannot_share_are_refused_before_a_job_is_made(
    tmp_path: Path, where: dict[str, Any], settings: dict[str, Any], sentence: str
) -> None:
    estimator = changed(estimator_at(tmp_path / "home"), instance_count=1, **where)
    inputs = {name: TrainingInput(location, **settings) for name, location in channels_at(tmp_path).items()}
    assert training_request(estimator, inputs, "streets")["ResourceConfig"]["InstanceCount"] == 1
    with pytest.raises(ChannelError, match=f"^{sentence}$"):
        training_request(changed(estimator, instance_count=2), inputs, "streets")


def test_a_name_that_there_has_never_been_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="'instance_typ' is not a parameter of Estimator; did you mean 'instance_type'"):
        Estimator(instance_typ="local")


@pytest.mark.parametrize("use", [lambda e: e.model_data, lambda e: e.logs(), lambda e: e.deploy(1, "local")])
def test_what_needs_a_job_says_so(use: Callable[[Estimator], object]) -> None:
    with pytest.raises(UserError, match=r"^the estimator has no training job yet"):
        use(Estimator(instance_type="local"))


def test_an_estimator_deletes_no_endpoint() -> None:
    with pytest.raises(UserError, match=r"call delete_endpoint\(\) of the predictor$"):
        Estimator(instance_type="local").delete_endpoint()


def test_a_compiled_model_cannot_be_deployed(trained: Estimator) -> None:
    with pytest.raises(UserError, match=r"^use_compiled_model"):
        trained.deploy(1, "local", use_compiled_model=True)


def test_deploy_gives_a_predictor_whose_endpoint_is_named_after_the_job_base(trained: Estimator) -> None:
    predictor = trained.deploy(initial_instance_count=1, instance_type="local")
    try:
        assert predictor.endpoint_name.startswith("horses-20")
        assert predictor.predict(b"\xff\xd8\xff").tolist() == [[0, 1, 2], [255, 4, 5]]
    finally:
        predictor.delete_endpoint()


def test_the_package_answers_to_the_names_of_the_sdk() -> None:
    assert semseg.estimator.Estimator is semseg.Estimator
    assert semseg.inputs.TrainingInput is semseg.TrainingInput
    assert semseg.local.LocalSession is semseg.LocalSession


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = "{'mxnet', 'gluoncv', 'cv2', 'boto3', 'pandas', 'uvicorn'}"
    program = f"import semseg, sys; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", program]) == b"[]\n"


def test_the_label_map_tells_the_classes_of_a_job_with_a_time_budget(tmp_path: Path) -> None:
    session = session_at(tmp_path / "home")
    estimator = Estimator(instance_type="local", sagemaker_session=session, hyperparameters={"time_budget": "10m"})
    channels = channels_at(tmp_path)
    with pytest.raises(HyperparameterError, match="num_classes must be set"):
        estimator.training_request(channels, "job")
    maps = tmp_path / "label_map"
    maps.mkdir()
    (maps / "train_label_map.json").write_text(json.dumps({"map": {"0": 0, "4": 7, "255": 9}}))
    asked = estimator.training_request({**channels, "label_map": str(maps)}, "job")["HyperParameters"]
    assert asked == {"time_budget": "10m", "num_classes": "5"}
    estimator.set_hyperparameters(num_classes=6)
    assert estimator.training_request(channels, "job")["HyperParameters"]["num_classes"] == "6"


def test_a_time_budget_fits_into_max_run(tmp_path: Path) -> None:
    estimator = changed(estimator_at(tmp_path / "home"), max_run=600)
    estimator.set_hyperparameters(time_budget="10m")
    estimator.training_request(channels_at(tmp_path), "job")
    estimator.set_hyperparameters(time_budget="11m")
    with pytest.raises(UserError, match="max_run must be at least time_budget, 11m, got 600 seconds: the job would be"):
        estimator.training_request(channels_at(tmp_path), "job")
