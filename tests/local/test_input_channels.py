import pytest

from semseg.contract.job_directory import JobDirectory
from semseg.errors import ChannelError, UserError
from semseg.inputs import TrainingInput, input_data_config
from semseg.local.input_channels import local_channels


def channel(name, *arguments, **settings):
    return local_channels(input_data_config({name: TrainingInput(*arguments, **settings)}))[0]


def test_a_folder_is_linked_under_the_name_of_its_channel(tmp_path):
    (tmp_path / "pictures").mkdir()
    job = JobDirectory(tmp_path / "job")
    channel("train", (tmp_path / "pictures").as_uri()).lay_into(job)
    assert job.channel("train").is_symlink()
    assert job.channel("train").samefile(tmp_path / "pictures")


def test_a_label_map_file_is_linked_into_a_folder(tmp_path):
    (tmp_path / "train_label_map.json").write_text("{}")
    job = JobDirectory(tmp_path / "job")
    channel("label_map", tmp_path / "train_label_map.json").lay_into(job)
    assert [path.name for path in job.channel("label_map").iterdir()] == ["train_label_map.json"]


def test_a_model_file_of_any_name_is_linked_as_model_tar_gz(tmp_path):
    (tmp_path / "best.tgz").touch()
    job = JobDirectory(tmp_path / "job")
    channel("model", tmp_path / "best.tgz").lay_into(job)
    assert (job.channel("model") / "model.tar.gz").samefile(tmp_path / "best.tgz")


def test_a_picture_instead_of_a_folder_is_refused(tmp_path):
    (tmp_path / "a.jpg").touch()
    with pytest.raises(ChannelError, match=r"^channel 'train' must name a folder, got the file '.*a.jpg': give"):
        channel("train", tmp_path / "a.jpg")


def test_a_label_map_that_is_no_json_file_is_refused(tmp_path):
    (tmp_path / "map.txt").touch()
    with pytest.raises(ChannelError, match=r"^channel 'label_map' must name a folder or a .json file, got '.*map"):
        channel("label_map", tmp_path / "map.txt")


def test_a_bucket_is_refused():
    with pytest.raises(
        UserError, match=r"^channel 'train' must be a path or a file:// URI on this machine, got 's3://b/p'"
    ):
        channel("train", "s3://b/p")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"distribution": "ShardedByS3Key"},
            "S3DataDistributionType of channel 'train' must be FullyReplicated",
        ),
        ({"s3_data_type": "AugmentedManifestFile"}, "S3DataType of channel 'train' must be S3Prefix on this"),
        (
            {"attribute_names": ["a"]},
            "AttributeNames of channel 'train' must be left out on .*, got \\['a'\\]",
        ),
        ({"instance_groups": ["a"]}, "InstanceGroupNames of channel 'train' must be left out"),
        ({"target_attribute_name": "a"}, "TargetAttributeName of channel 'train' must be left out"),
        ({"compression": "Gzip"}, "CompressionType of channel 'train' must be None on this machine, got 'Gzip'"),
        ({"record_wrapping": "RecordIO"}, "RecordWrapperType of channel 'train' must be None on this machine"),
        ({"input_mode": "Pipe"}, "InputMode of channel 'train' must be File on this machine, got 'Pipe'"),
    ],
)
def test_a_setting_without_meaning_on_this_machine_is_refused(tmp_path, settings, sentence):
    with pytest.raises(ChannelError, match=f"^{sentence}"):
        channel("train", tmp_path, **settings)


def test_the_settings_that_hold_here_are_taken(tmp_path):
    found = channel("train", tmp_path, "FullyReplicated", compression="None", record_wrapping="None", input_mode="File")
    assert found.path == tmp_path
