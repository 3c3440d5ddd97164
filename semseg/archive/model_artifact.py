"""The content of ``model.tar.gz``: SageMaker's three files and what semseg puts beside them, packed, unpacked and read.

Nothing in an archive is trusted: only regular files with a known name are ever written.
"""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

from semseg.archive import exported_files
from semseg.archive.archive_stream import MAX_READ, opened
from semseg.archive.checksums import CHECKSUMS, check_file, read_object, write_checksums
from semseg.archive.class_names import CLASS_NAMES
from semseg.archive.parameter_file_start import MAX_FILE, START, check_start
from semseg.contract import exported_forms
from semseg.contract.echoed import echoed
from semseg.contract.environment import AUTO, PLAIN
from semseg.contract.hyperparameters import IGNORE_ORIENTATION, Hyperparameters
from semseg.errors import ModelError
from semseg.plumbing.disk_space import full_disk_told, no_room
from semseg.plumbing.regular_file import open_regular
from semseg.plumbing.whole_file import beside, copy, scratch, sweep

HYPERPARAMS = "hyperparams.json"
BEST = "model_best.params"  # the parameters of the best validation mIOU; these are served
LAST = "model_algo-1"  # the parameters of the last epoch
FILES = (HYPERPARAMS, BEST, LAST)
TRAINED = (*FILES, CLASS_NAMES)  # what training may put there, and checksums are of
KNOWN = (*TRAINED, CHECKSUMS, *exported_files.FILES)

MAX_TOTAL = 4 * 2**30  # bytes, of all files in an archive
MAX_ENTRIES = 1000
MAX_NAME = 200  # characters of an entry's name in an error
SIZE_BYTES = 4  # at the end of a gzip file, which say how large its content is
COMPRESSION = 0  # stored: level 1 made trained parameters 7 % smaller and packing 18 times slower

# What tarfile and gzip raise on broken files. ValueError: numbers in headers; RecursionError: header upon header.
_BROKEN = (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, RecursionError)


@dataclass(frozen=True)
class ModelDescription:
    """The network of a model, the sizes that it was trained at, in pixels, how its pictures are read, and the views of
    them whose mean is its answer.
    """

    algorithm: str
    backbone: str
    num_classes: int
    base_size: int
    crop_size: int
    exif_orientation: str = IGNORE_ORIENTATION
    sample_bits: str = AUTO
    test_time_augmentation: str = PLAIN
    aligned_sizes: bool = False


def pack(model_directory: Path, archive: Path, required: Sequence[str] = FILES) -> None:
    """Writes those files of ``model_directory`` that a model may have to ``archive``; the same files give the same
    bytes.

    Args:
        required: those that must be there.

    Raises:
        ModelError: one of these is absent.
    """
    for name in required:
        if not (model_directory / name).is_file():
            raise ModelError(f"A model must have the files {', '.join(required)}, but {model_directory} has no {name}")
    with beside(archive) as part, part.open("wb") as file:
        _write_archive(model_directory, file)


def complete(model_directory: Path) -> bool:
    """Makes a whole model, as :func:`pack` wants it, of what a training that was cut short left in a folder.

    One of the two parameter files that is missing becomes a copy of the other, the checksums are written anew, and
    files that were not written to their end are removed. Nobody else may write into the folder meanwhile.

    Returns:
        Whether the folder holds a whole model now; False where no parameters were kept, or where nothing says of which
        network they are. It is left without checksums where the disk is full.
    """
    sweep(model_directory)
    if not ((model_directory / HYPERPARAMS).is_file() and has_parameters(model_directory)):
        return False
    present, missing = sorted((BEST, LAST), key=lambda name: not (model_directory / name).is_file())
    if not (model_directory / missing).is_file():
        _give_second_name(model_directory / present, model_directory / missing)
    (model_directory / CHECKSUMS).unlink(missing_ok=True)
    with suppress(OSError, ModelError):
        write_checksums(model_directory, TRAINED)
    return all((model_directory / name).is_file() for name in FILES)


def unpack(archive: Path, directory: Path) -> None:
    """Writes the files of a model that ``archive`` holds into ``directory``, which is made if it does not exist.

    Args:
        archive: a folder that holds such files is good too.

    Raises:
        ModelError: the archive is missing, damaged, too large, or holds an entry that no model archive needs.
        PlatformError: there is no room for its files.
    """
    with full_disk_told(directory):
        directory.mkdir(parents=True, exist_ok=True)
        with scratch(directory, "unpacked") as unpacked:
            with _as_model_errors(archive):
                (_copy_model if archive.is_dir() else _extract)(archive, unpacked)
            for path in unpacked.iterdir():
                os.replace(path, directory / path.name)


def unpacked_size(archive: Path) -> int:
    """Returns the bytes that :func:`unpack` will write, as far as an archive tells without being read: at its end.

    It is no more than a hint, because nothing in an archive is trusted. Of a folder it is the sum of the files.

    Raises:
        ModelError: the archive cannot be read.
    """
    if archive.is_dir():
        return sum(sizes_of(archive).values())
    with _as_model_errors(archive), open_regular(archive) as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(0, size - SIZE_BYTES))
        return int.from_bytes(file.read(SIZE_BYTES), "little")


def forms_of(archive: Path) -> list[exported_forms.Form]:
    """Returns the exported forms in an archive, or in a folder with its files. An archive is read to its end but not
    unpacked.

    Raises:
        ModelError: as of :func:`unpack`.
    """
    names = sizes_of(archive).keys()
    return [form for form in exported_forms.FORMS if names >= set(form.files)]


def sizes_of(archive: Path) -> dict[str, int]:
    """Returns the bytes of each file of a model in an archive, which is read to its end, or in a folder.

    Raises:
        ModelError: as of :func:`unpack`.
    """
    if archive.is_dir():
        return {path.name: path.stat().st_size for path in _model_files(archive)}
    with _as_model_errors(archive), opened(archive) as stream, tarfile.open(fileobj=stream, mode="r:") as tar:
        return {_flat_name(entry): entry.size for entry in _known_entries(tar)}


def read_description(model_directory: Path) -> ModelDescription:
    """Returns what ``hyperparams.json`` says about the network; a hyperparameter that is missing there has its default.

    Raises:
        ModelError: the file is missing or is no JSON object, num_classes is missing, or a value is out of its range.
    """
    values = _read_hyperparams(model_directory / HYPERPARAMS)
    if "num_classes" not in values:
        names = ", ".join(sorted(values)) or "an empty object"
        raise ModelError(f"{HYPERPARAMS} must have num_classes, got only {names}")
    known = {item.name: item for item in fields(Hyperparameters)}
    read = {item.name: _read_value(values, known[item.name]) for item in fields(ModelDescription)}
    return ModelDescription(**read)


def parameters_path(model_directory: Path) -> Path:
    """Returns the path of the parameters to serve: the best, or the last if there are no best.

    Raises:
        ModelError: there are neither.
    """
    for name in (BEST, LAST):
        if (model_directory / name).is_file():
            return model_directory / name
    raise ModelError(f"A model must have parameters in {BEST} or {LAST}, but {model_directory} has neither")


def has_parameters(model_directory: Path) -> bool:
    """Returns whether there are parameters, the best or the last."""
    return any((model_directory / name).is_file() for name in (BEST, LAST))


def check_servable(model_directory: Path) -> None:
    """Checks a model before it is loaded: its description, and its parameters, or an exported form if it has no
    parameters.

    Raises:
        ModelError: a file is absent, cannot be read, or was changed since it was made; or a parameter is not a finite
            number.
    """
    read_description(model_directory)
    if has_parameters(model_directory) or not exported_files.forms_in(model_directory):
        from semseg.archive.mxnet_parameters import check_finite  # not at the top: whoever packs needs no numpy

        parameters = parameters_path(model_directory)
        check_parameters_file(parameters)
        check_finite(parameters)
    exported_files.check(model_directory)


def check_parameters_file(path: Path) -> None:
    """Raises ModelError if ``path`` does not begin as MXNet's parameter files do, or if its content is not what the
    ``checksums.json`` beside it says. A pickle never begins so.
    """
    try:
        with open_regular(path, MAX_FILE) as file:
            start = file.read(len(START))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    check_start(path, start)
    check_file(path)


@contextmanager
def _as_model_errors(archive: Path) -> Iterator[None]:
    """Turns what tarfile and gzip raise into a ModelError with one sentence; the error of a full disk stays."""
    try:
        yield
    except ModelError:
        raise
    except _BROKEN as error:
        if no_room(error, archive) is not None:  # the archive is good, and what is written of it has no room
            raise
        reason = getattr(error, "strerror", None) or error
        raise ModelError(f"{archive} must be a whole .tar.gz file, but it cannot be read: {reason}") from error


def _give_second_name(path: Path, other: Path) -> None:
    """Copies a file; where there is no room for a copy, gives the file another name, which some archivers make a link.

    Where neither can be done, the other is left out.
    """
    try:
        copy(path, other)
    except OSError:
        with suppress(OSError):
            os.link(path, other)


def _write_archive(model_directory: Path, archive: BinaryIO) -> None:
    # The name is empty, because gzip would write the archive's name into it.
    with (
        gzip.GzipFile("", "wb", compresslevel=COMPRESSION, fileobj=archive, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for path in _model_files(model_directory):
            entry = tarfile.TarInfo(path.name)
            entry.size = path.stat().st_size
            with path.open("rb") as file:
                tar.addfile(entry, file)


def _model_files(folder: Path) -> list[Path]:
    """Returns the paths of those files of a folder that a model may have."""
    return [folder / name for name in KNOWN if (folder / name).is_file()]


def _copy_model(folder: Path, directory: Path) -> None:
    """Copies the files of a model from a folder: they may be changed there later, and are not trusted either."""
    for path in _model_files(folder):
        with open_regular(path, MAX_FILE) as source, (directory / path.name).open("xb") as file:
            shutil.copyfileobj(source, file)


def _extract(archive: Path, directory: Path) -> None:
    with opened(archive) as stream:
        with tarfile.open(fileobj=stream, mode="r:") as tar:
            for entry in _known_entries(tar):
                _copy(tar, entry, directory / _flat_name(entry))
        _read_to_end(stream)


def _known_entries(tar: tarfile.TarFile) -> list[tarfile.TarInfo]:
    """Returns the entries with a known name, after every entry was checked and before anything is written."""
    known: dict[str, tarfile.TarInfo] = {}
    total = 0
    for count, entry in enumerate(tar, start=1):
        _check_entry(entry)
        total += entry.size
        if count > MAX_ENTRIES or total > MAX_TOTAL:
            raise ModelError(
                f"A model archive must hold at most {MAX_ENTRIES} entries of {MAX_TOTAL} bytes together, "
                f"got {count} of {total} bytes up to {entry.name[:MAX_NAME]!r}"
            )
        if entry.isreg() and _flat_name(entry) in KNOWN:
            if _flat_name(entry) in known:
                raise ModelError(f"A model archive must hold each file once, got {_flat_name(entry)} twice")
            known[_flat_name(entry)] = entry
    return list(known.values())


def _check_entry(entry: tarfile.TarInfo) -> None:
    name = _flat_name(entry)
    outside = name.startswith("/") or ".." in name.split("/")
    if outside or not (entry.isdir() or (entry.isreg() and "/" not in name)):
        raise ModelError(
            f"A model archive must hold plain files without folders or links, got {name[:MAX_NAME]!r}: "
            "pack the files themselves, as in tar -czf model.tar.gz -C model ."
        )
    if not 0 <= entry.size <= MAX_FILE:
        raise ModelError(
            f"A file in a model archive must be at most {MAX_FILE} bytes, got {name[:MAX_NAME]!r} of {entry.size}"
        )


def _flat_name(entry: tarfile.TarInfo) -> str:
    return entry.name[2:] if entry.name.startswith("./") else entry.name


def _copy(tar: tarfile.TarFile, entry: tarfile.TarInfo, path: Path) -> None:
    source = tar.extractfile(entry)
    if source is None:
        raise tarfile.ReadError(f"{entry.name} has no content")
    with source, path.open("xb") as file:
        shutil.copyfileobj(source, file)


def _read_to_end(stream: gzip.GzipFile) -> None:
    """Reads the archive to its end, because gzip compares its checksum only there."""
    left = MAX_TOTAL
    while left > 0 and (data := stream.read(MAX_READ)):
        left -= len(data)


def _read_hyperparams(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise ModelError(f"A model must have a {HYPERPARAMS}, but {path} cannot be read: No such file or directory")
    return read_object(path)


def _read_value(values: Mapping[str, Any], hyperparameter: Any) -> Any:
    rule = hyperparameter.metadata["rule"]
    value = values.get(hyperparameter.name, hyperparameter.default)
    try:
        return rule.read(str(value).strip())
    except ValueError as error:
        raise ModelError(f"{hyperparameter.name} in {HYPERPARAMS} must be {rule}, got {echoed(value)}") from error
