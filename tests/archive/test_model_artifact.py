from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import tarfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from semseg.archive.checksums import write_checksums
from semseg.archive.model_artifact import (
    BEST,
    HYPERPARAMS,
    LAST,
    ModelDescription,
    check_parameters_file,
    check_servable,
    complete,
    pack,
    parameters_path,
    read_description,
    unpack,
)
from semseg.archive.mxnet_parameters import write_parameters
from semseg.archive.parameter_file_start import MAX_FILE
from semseg.errors import ModelError, PlatformError
from tests.full_disk import files_of_at_most, small_disk

REPOSITORY = Path(__file__).resolve().parents[2]
CONTENTS = {HYPERPARAMS: b'{"num_classes": "21"}', BEST: os.urandom(70_000), LAST: b"last"}


NETWORK, BEST_VALUES, LAST_VALUES = CONTENTS.values()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    directory = tmp_path / "model"
    directory.mkdir()
    for name, content in CONTENTS.items():
        (directory / name).write_bytes(content)
    return directory


Entry = tuple[tarfile.TarInfo, bytes]


def entry(name: str, kind: bytes = tarfile.REGTYPE, content: bytes = b"", link: str = "") -> Entry:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(content)
    return info, content


def archive_of(path: Path, *entries: Entry) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for info, content in entries:
            tar.addfile(info, io.BytesIO(content))
    return path


def files_of(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def refusal_of(archive: Path, directory: Path) -> str:
    """What is said of ``archive``, after a look that nothing of it was written."""
    with pytest.raises(ModelError) as refusal:
        unpack(archive, directory)
    assert list(directory.iterdir()) == []
    return str(refusal.value)


def test_a_packed_model_comes_back(model: Path, tmp_path: Path) -> None:
    pack(model, tmp_path / "model.tar.gz")
    unpack(tmp_path / "model.tar.gz", tmp_path / "served")
    assert files_of(tmp_path / "served") == CONTENTS


def test_an_archive_holds_the_files_of_a_model_alone_under_flat_names(model: Path, tmp_path: Path) -> None:
    (model / "notes.txt").write_text("not for the archive")
    pack(model, tmp_path / "model.tar.gz")
    with tarfile.open(tmp_path / "model.tar.gz", "r:gz") as tar:
        assert [(info.name, info.uid, info.mtime) for info in tar] == [(HYPERPARAMS, 0, 0), (BEST, 0, 0), (LAST, 0, 0)]


def test_exported_forms_and_checksums_travel_with_the_parameters(model: Path, tmp_path: Path) -> None:
    for name in ("model_int8.xml", "model_int8.bin", "export.json", "checksums.json"):
        (model / name).write_text(name)
    pack(model, tmp_path / "model.tar.gz")
    unpack(tmp_path / "model.tar.gz", tmp_path / "served")
    assert files_of(tmp_path / "served") == files_of(model)


def test_a_model_without_what_is_not_required_is_packed(model: Path, tmp_path: Path) -> None:
    (model / LAST).unlink()
    pack(model, tmp_path / "model.tar.gz", required=(HYPERPARAMS, BEST))
    unpack(tmp_path / "model.tar.gz", tmp_path / "served")
    assert sorted(files_of(tmp_path / "served")) == [HYPERPARAMS, BEST]


def test_the_same_model_gives_the_same_bytes_under_any_name_and_date(model: Path, tmp_path: Path) -> None:
    pack(model, tmp_path / "first.tar.gz")
    os.utime(model / BEST, (1, 1))
    pack(model, tmp_path / "second.tar.gz")
    assert (tmp_path / "first.tar.gz").read_bytes() == (tmp_path / "second.tar.gz").read_bytes()


def test_a_command_line_tar_reads_a_packed_model(model: Path, tmp_path: Path) -> None:
    pack(model, tmp_path / "model.tar.gz")
    listing = subprocess.run(["tar", "-tzf", tmp_path / "model.tar.gz"], check=True, capture_output=True, text=True)
    assert listing.stdout.split() == [HYPERPARAMS, BEST, LAST]


@pytest.mark.parametrize("name", [HYPERPARAMS, BEST, LAST])
def test_a_model_with_an_absent_file_is_not_packed(model: Path, tmp_path: Path, name: str) -> None:
    (model / name).unlink()
    with pytest.raises(ModelError) as refusal:
        pack(model, tmp_path / "model.tar.gz")
    files = "hyperparams.json, model_best.params, model_algo-1"
    assert str(refusal.value) == f"A model must have the files {files}, but {model} has no {name}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]


def test_a_failed_packing_leaves_the_earlier_archive(model: Path, tmp_path: Path) -> None:
    archive = tmp_path / "model.tar.gz"
    archive.write_bytes(b"earlier")
    with files_of_at_most(1000), pytest.raises(OSError, match="File too large"):
        pack(model, archive)
    assert archive.read_bytes() == b"earlier"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["model.tar.gz"]


def test_an_archive_made_by_tar_of_a_folder_is_unpacked(model: Path, tmp_path: Path) -> None:
    subprocess.run(["tar", "-czf", tmp_path / "model.tar.gz", "-C", model, "."], check=True)
    unpack(tmp_path / "model.tar.gz", tmp_path / "served")
    assert files_of(tmp_path / "served") == CONTENTS


def test_other_files_and_empty_folders_are_left_in_the_archive(tmp_path: Path) -> None:
    archive = archive_of(
        tmp_path / "a.tar.gz",
        entry("code", tarfile.DIRTYPE),
        entry("model-symbol.json", content=b"{}"),
        entry("./" + BEST, content=b"best"),
    )
    unpack(archive, tmp_path / "served")
    assert files_of(tmp_path / "served") == {BEST: b"best"}


def test_unpacking_replaces_earlier_files_and_keeps_strangers(model: Path, tmp_path: Path) -> None:
    served = tmp_path / "served"
    served.mkdir()
    (served / LAST).write_bytes(b"earlier")
    (served / "notes.txt").write_bytes(b"mine")
    pack(model, tmp_path / "model.tar.gz")
    unpack(tmp_path / "model.tar.gz", served)
    assert files_of(served) == {**CONTENTS, "notes.txt": b"mine"}


def test_unpacking_replaces_a_link_and_not_what_it_points_to(model: Path, tmp_path: Path) -> None:
    served, elsewhere = tmp_path / "served", tmp_path / "elsewhere"
    served.mkdir()
    elsewhere.write_bytes(b"mine")
    (served / BEST).symlink_to(elsewhere)
    pack(model, tmp_path / "model.tar.gz")
    unpack(tmp_path / "model.tar.gz", served)
    assert elsewhere.read_bytes() == b"mine"
    assert (served / BEST).read_bytes() == CONTENTS[BEST]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("/etc/passwd", tarfile.REGTYPE),
        ("../" + BEST, tarfile.REGTYPE),
        ("./../" + BEST, tarfile.REGTYPE),
        (".//etc/passwd", tarfile.REGTYPE),
        ("code/inference.py", tarfile.REGTYPE),
        ("code/../" + BEST, tarfile.REGTYPE),
        ("..", tarfile.DIRTYPE),
        ("/tmp", tarfile.DIRTYPE),
        (BEST, tarfile.SYMTYPE),
        (BEST, tarfile.LNKTYPE),
        (BEST, tarfile.CHRTYPE),
        (BEST, tarfile.FIFOTYPE),
    ],
)
def test_an_entry_that_no_model_needs_is_refused(tmp_path: Path, name: str, kind: bytes) -> None:
    good = entry(HYPERPARAMS, content=b"{}")
    archive = archive_of(tmp_path / "a.tar.gz", good, entry(name, kind, link="/etc/passwd"))
    shown = name[2:] if name.startswith("./") else name
    assert refusal_of(archive, tmp_path / "served") == (
        f"A model archive must hold plain files without folders or links, got {shown!r}: "
        "pack the files themselves, as in tar -czf model.tar.gz -C model ."
    )


def test_a_file_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "a.tar.gz", entry(BEST, content=b"1"), entry("./" + BEST, content=b"2"))
    sentence = refusal_of(archive, tmp_path / "served")
    assert sentence == "A model archive must hold each file once, got model_best.params twice"


def headers_alone(path: Path, *infos: tarfile.TarInfo) -> Path:
    """An archive of headers that declare content which is not there."""
    path.write_bytes(gzip.compress(b"".join(info.tobuf(tarfile.USTAR_FORMAT) for info in infos)))
    return path


def declared(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    return info


def test_a_declared_size_above_2_gib_is_refused_at_its_header(tmp_path: Path) -> None:
    archive = headers_alone(tmp_path / "a.tar.gz", declared(BEST, MAX_FILE + 1))
    sentence = refusal_of(archive, tmp_path / "served")
    assert sentence == (
        "A file in a model archive must be at most 2147483648 bytes, got 'model_best.params' of 2147483649"
    )


def test_a_negative_size_is_refused(tmp_path: Path) -> None:
    header = declared(BEST, 0)
    header.pax_headers = {"size": "-1024"}
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(gzip.compress(header.tobuf(tarfile.PAX_FORMAT)))
    assert refusal_of(archive, tmp_path / "served")


def test_more_than_a_thousand_entries_are_refused(tmp_path: Path) -> None:
    archive = headers_alone(tmp_path / "a.tar.gz", *[declared(f"{number}", 0) for number in range(1001)])
    assert refusal_of(archive, tmp_path / "served") == (
        "A model archive must hold at most 1000 entries of 4294967296 bytes together, got 1001 of 0 bytes up to '1000'"
    )


def test_files_of_more_than_4_gib_together_are_refused(tmp_path: Path) -> None:
    for name in ("1", "2", "3"):
        (tmp_path / name).touch()
        os.truncate(tmp_path / name, 3 * 2**29)  # holes: a few bytes on the disk and, with --sparse, in the archive
    archive = tmp_path / "a.tar.gz"
    subprocess.run(["tar", "--sparse", "-czf", archive, "-C", tmp_path, "1", "2", "3"], check=True)
    assert refusal_of(archive, tmp_path / "served") == (
        "A model archive must hold at most 1000 entries of 4294967296 bytes together, "
        "got 3 of 4831838208 bytes up to '3'"
    )


def test_a_sparse_file_of_ten_gibibytes_is_refused_by_its_size(tmp_path: Path) -> None:
    (tmp_path / BEST).touch()
    os.truncate(tmp_path / BEST, 10 * 2**30)  # a hole: a few bytes on the disk and, with --sparse, in the archive
    archive = tmp_path / "a.tar.gz"
    subprocess.run(["tar", "--sparse", "-czf", archive, "-C", tmp_path, BEST], check=True)
    assert archive.stat().st_size < 2000
    assert refusal_of(archive, tmp_path / "served") == (
        "A file in a model archive must be at most 2147483648 bytes, got 'model_best.params' of 10737418240"
    )


def test_an_extra_header_of_a_gigabyte_is_refused_before_it_is_read(tmp_path: Path) -> None:
    header = declared("././@LongLink", 2**30)
    header.type = tarfile.GNUTYPE_LONGNAME
    archive = headers_alone(tmp_path / "a.tar.gz", header)
    sentence = refusal_of(archive, tmp_path / "served")
    assert sentence == (
        f"{archive} must be a whole .tar.gz file, but it cannot be read: an entry has a header of 1073741824 bytes"
    )


def test_header_upon_header_is_refused(tmp_path: Path) -> None:
    header = declared("././@LongLink", 1)
    header.type = tarfile.GNUTYPE_LONGNAME
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(gzip.compress((header.tobuf(tarfile.USTAR_FORMAT) + bytes(512)) * 3000))
    assert "must be a whole .tar.gz file, but it cannot be read: " in refusal_of(archive, tmp_path / "served")


@pytest.mark.parametrize(
    "content", [b"", b"no archive", gzip.compress(b"no tar" * 200, mtime=0), zlib.compress(b"x")], ids=range(4)
)
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(content)
    sentence = refusal_of(archive, tmp_path / "served")
    assert sentence.startswith(f"{archive} must be a whole .tar.gz file, but it cannot be read: ")
    assert "\n" not in sentence


def test_a_fifo_is_no_archive_and_is_not_waited_for(tmp_path: Path) -> None:
    archive = tmp_path / "a.tar.gz"
    os.mkfifo(archive)
    assert refusal_of(archive, tmp_path / "served") == (
        f"{archive} must be a whole .tar.gz file, but it cannot be read: it must be a regular file or a link to one, "
        "got a FIFO"
    )


def test_a_missing_archive_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "a.tar.gz"
    sentence = refusal_of(archive, tmp_path / "served")
    assert sentence == f"{archive} must be a whole .tar.gz file, but it cannot be read: No such file or directory"


@pytest.mark.parametrize("fraction", [0.01, 0.3, 0.6, 0.99])
def test_a_truncated_archive_is_refused(model: Path, tmp_path: Path, fraction: float) -> None:
    archive = tmp_path / "model.tar.gz"
    pack(model, archive)
    data = archive.read_bytes()
    archive.write_bytes(data[: int(fraction * len(data))])
    assert "must be a whole .tar.gz file, but it cannot be read: " in refusal_of(archive, tmp_path / "served")


def test_a_single_flipped_bit_is_refused(model: Path, tmp_path: Path) -> None:
    archive = tmp_path / "model.tar.gz"
    pack(model, archive)
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1  # within model_best.params, stored uncompressed: only the checksum tells
    archive.write_bytes(data)
    assert "CRC check failed" in refusal_of(archive, tmp_path / "served")


def description_of(tmp_path: Path, text: str) -> ModelDescription:
    (tmp_path / HYPERPARAMS).write_text(text)
    return read_description(tmp_path)


def test_a_limit_of_the_size_of_files_is_no_fault_of_the_archive(model: Path, tmp_path: Path) -> None:
    pack(model, tmp_path / "model.tar.gz")
    with files_of_at_most(1000), pytest.raises(PlatformError) as failure:
        unpack(tmp_path / "model.tar.gz", tmp_path / "served")
    beginning = f"{tmp_path / 'served'} could not be written, because no file may become as large: file system /"
    assert str(failure.value).startswith(beginning)
    assert files_of(tmp_path / "served") == {}


def test_a_full_disk_is_no_fault_of_the_archive(model: Path, tmp_path: Path) -> None:
    pack(model, tmp_path / "model.tar.gz")
    with small_disk(tmp_path / "served", 16 * 1024) as served:
        with pytest.raises(PlatformError) as failure:
            unpack(tmp_path / "model.tar.gz", served)
        assert files_of(served) == {}
    beginning = f"{served} could not be written, because its disk is full: file system {served} has "
    assert str(failure.value).startswith(beginning)


def test_a_description_is_read_from_strings_as_aws_writes_them(tmp_path: Path) -> None:
    values = {
        "algorithm": "deeplab",
        "backbone": "resnet-101",
        "num_classes": "21",
        "base_size": "480",
        "crop_size": "256",
        "epochs": "30",
        "_a_name_of_theirs": "x",
    }
    assert description_of(tmp_path, json.dumps(values)) == ModelDescription("deeplab", "resnet-101", 21, 480, 256)


def test_what_a_description_leaves_out_has_its_default(tmp_path: Path) -> None:
    assert description_of(tmp_path, '{"num_classes": 2}') == ModelDescription("fcn", "resnet-50", 2, 520, 240)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{}", "hyperparams.json must have num_classes, got only an empty object"),
        ('{"epochs": "1", "algorithm": "fcn"}', "hyperparams.json must have num_classes, got only algorithm, epochs"),
        ('{"num_classes": "1"}', "num_classes in hyperparams.json must be a whole number from 2 to 254, got '1'"),
        ('{"num_classes": 255}', "num_classes in hyperparams.json must be a whole number from 2 to 254, got 255"),
        ('{"num_classes": [2]}', "num_classes in hyperparams.json must be a whole number from 2 to 254, got [2]"),
        ('{"num_classes": null}', "num_classes in hyperparams.json must be a whole number from 2 to 254, got None"),
        (
            '{"num_classes": 2, "algorithm": "unet"}',
            "algorithm in hyperparams.json must be one of fcn, psp, deeplab, got 'unet'",
        ),
        (
            '{"num_classes": 2, "backbone": "resnet50"}',
            "backbone in hyperparams.json must be one of resnet-50, resnet-101, got 'resnet50'",
        ),
        (
            '{"num_classes": 2, "base_size": "big"}',
            "base_size in hyperparams.json must be a whole number from 17 to 65535, got 'big'",
        ),
        (
            f'{{"num_classes": 2, "base_size": {10**18}}}',
            "base_size in hyperparams.json must be a whole number from 17 to 65535, got 1000000000000000000",
        ),
        (
            f'{{"num_classes": 2, "crop_size": "{"9" * 5000}"}}',
            f"crop_size in hyperparams.json must be a whole number from 17 to 65535, got '{'9' * 77}...{'9' * 38}'",
        ),
        ("[1]", "hyperparams.json must be a JSON object of names and values, got a list"),
        (
            '{"num_classes": ',
            "hyperparams.json must be JSON, but it is broken: Expecting value: line 1 column 17 (char 16)",
        ),
    ],
)
def test_an_unusable_description_is_refused_in_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ModelError) as refusal:
        description_of(tmp_path, text)
    assert str(refusal.value) == sentence


def test_a_missing_description_is_refused(tmp_path: Path) -> None:
    path = tmp_path / HYPERPARAMS
    with pytest.raises(ModelError) as refusal:
        read_description(tmp_path)
    sentence = f"A model must have a hyperparams.json, but {path} cannot be read: No such file or directory"
    assert str(refusal.value) == sentence


def test_a_description_nested_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="must be JSON"):
        description_of(tmp_path, "[" * 200_000)


def test_the_best_parameters_are_served(model: Path) -> None:
    assert parameters_path(model) == model / BEST


def test_the_last_parameters_are_served_where_there_are_no_best(model: Path) -> None:
    (model / BEST).unlink()
    assert parameters_path(model) == model / LAST


def test_a_model_without_parameters_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as refusal:
        parameters_path(tmp_path)
    sentence = f"A model must have parameters in model_best.params or model_algo-1, but {tmp_path} has neither"
    assert str(refusal.value) == sentence


def test_a_file_that_begins_as_mxnet_parameters_passes(tmp_path: Path) -> None:
    (tmp_path / BEST).write_bytes(struct.pack("<QQ", 0x112, 0))
    check_parameters_file(tmp_path / BEST)


def test_a_pickle_is_no_parameter_file(tmp_path: Path) -> None:
    (tmp_path / BEST).write_bytes(pickle.dumps({"weight": list(range(9))}, protocol=4))
    with pytest.raises(ModelError) as refusal:
        check_parameters_file(tmp_path / BEST)
    start = (tmp_path / BEST).read_bytes()[:8].hex()
    assert str(refusal.value) == (
        "model_best.params must be a file of MXNet parameters, which begin with 1201000000000000, "
        f"but it begins with {start}"
    )


def test_an_empty_file_is_no_parameter_file(tmp_path: Path) -> None:
    (tmp_path / BEST).touch()
    with pytest.raises(ModelError, match=r"with nothing$"):
        check_parameters_file(tmp_path / BEST)


def test_parameters_without_an_end_are_refused(tmp_path: Path) -> None:
    (tmp_path / BEST).symlink_to("/dev/zero")
    with pytest.raises(ModelError, match=r"cannot be read: it must be a regular file or a link to one, got a device$"):
        check_parameters_file(tmp_path / BEST)


def test_a_description_of_a_gigabyte_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / HYPERPARAMS).open("wb") as file:
        file.truncate(2**30)
    with pytest.raises(ModelError, match=r"cannot be read: it must have at most 1048576 bytes, got 1073741824$"):
        read_description(tmp_path)


def test_a_missing_parameter_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model_best\.params"):
        check_parameters_file(tmp_path / BEST)


def test_parameters_are_compared_with_their_checksum_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / BEST).write_bytes(struct.pack("<QQ", 0x112, 0))
    write_checksums(tmp_path, [BEST, LAST])
    check_parameters_file(tmp_path / BEST)
    (tmp_path / BEST).write_bytes(struct.pack("<QQ", 0x112, 1))
    with pytest.raises(ModelError, match="checksums"):
        check_parameters_file(tmp_path / BEST)


def test_a_model_needs_parameters_or_an_exported_form_to_be_served(tmp_path: Path) -> None:
    (tmp_path / HYPERPARAMS).write_text('{"num_classes": 2}')
    with pytest.raises(ModelError, match="model_algo-1"):
        check_servable(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"graph")
    digest = hashlib.sha256(b"graph").hexdigest()
    (tmp_path / "export.json").write_text(json.dumps({"onnx-fp32": {"sha256": {"model.onnx": digest}}}))
    check_servable(tmp_path)


def test_bad_parameters_are_refused_also_beside_an_exported_form(tmp_path: Path) -> None:
    (tmp_path / HYPERPARAMS).write_text('{"num_classes": 2}')
    (tmp_path / "model.onnx").write_bytes(b"graph")
    (tmp_path / BEST).write_bytes(b"a pickle")
    with pytest.raises(ModelError, match=r"^model_best\.params "):
        check_servable(tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_parameters_that_are_not_finite_are_refused(tmp_path: Path, value: float, dtype: type) -> None:
    (tmp_path / HYPERPARAMS).write_text('{"num_classes": 2}')
    weights: np.ndarray = np.ones((3, 4), dtype)
    write_parameters(tmp_path / BEST, {"steps": np.ones(2, np.int64), "conv0_weight": weights})
    check_servable(tmp_path)
    weights[2, 3] = value
    write_parameters(tmp_path / BEST, {"steps": np.ones(2, np.int64), "conv0_weight": weights})
    with pytest.raises(ModelError) as refusal:
        check_servable(tmp_path)
    assert str(refusal.value) == (
        "model_best.params must hold finite numbers, but conv0_weight has NaN or infinity: its training went astray, "
        "so train again, with a smaller learning_rate"
    )


@pytest.mark.engine
def test_a_file_that_mxnet_saved_passes(tmp_path: Path) -> None:
    import mxnet

    mxnet.nd.save(str(tmp_path / BEST), {"weight": mxnet.nd.zeros((2, 2))})
    check_parameters_file(tmp_path / BEST)


@pytest.mark.parametrize(
    ("left", "best", "last"),
    [
        ({BEST: BEST_VALUES}, BEST_VALUES, BEST_VALUES),
        ({LAST: LAST_VALUES}, LAST_VALUES, LAST_VALUES),
        ({BEST: BEST_VALUES, LAST: LAST_VALUES}, BEST_VALUES, LAST_VALUES),
    ],
    ids=["best", "last", "both"],
)
def test_what_a_training_that_was_killed_left_becomes_a_whole_model(
    tmp_path: Path, left: dict[str, bytes], best: bytes, last: bytes
) -> None:
    for name, content in {HYPERPARAMS: NETWORK, **left}.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "checksums.json").write_text(json.dumps({BEST: "that of an earlier job"}))
    (tmp_path / f".model_algo-1.{'0a' * 16}.part").write_bytes(b"cut")
    assert complete(tmp_path)
    assert complete(tmp_path)  # once more changes nothing
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checksums.json", HYPERPARAMS, LAST, BEST]
    assert ((tmp_path / BEST).read_bytes(), (tmp_path / LAST).read_bytes()) == (best, last)
    digests = json.loads((tmp_path / "checksums.json").read_text())
    assert digests[BEST] == hashlib.sha256(best).hexdigest()
    pack(tmp_path, tmp_path / "model.tar.gz")


@pytest.mark.parametrize("left", [[], [HYPERPARAMS], [BEST]])
def test_without_parameters_or_their_network_there_is_no_model_to_complete(tmp_path: Path, left: list[str]) -> None:
    for name in left:
        (tmp_path / name).write_bytes(CONTENTS[name])
    assert not complete(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == left
    assert not complete(tmp_path / "no folder")


def test_a_model_is_completed_also_where_there_is_no_room_for_a_copy(tmp_path: Path) -> None:
    for name in (HYPERPARAMS, BEST):
        (tmp_path / name).write_bytes(CONTENTS[name])
    program = (
        "import pathlib, resource, sys; from semseg.archive.model_artifact import complete; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20)); sys.exit(not complete(pathlib.Path(sys.argv[1])))"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=REPOSITORY, check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == [HYPERPARAMS, LAST, BEST]
    assert (tmp_path / LAST).read_bytes() == BEST_VALUES
