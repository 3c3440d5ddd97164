"""Where jobs and endpoints of this machine are kept."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from semseg.contract.echoed import echoed
from semseg.contract.environment import HOME
from semseg.errors import NameTakenError, PlatformError, UserError
from semseg.machine.posix import check_posix
from semseg.plumbing.disk_space import no_room


class Home:
    """One folder, readable by its owner alone, with a folder for each job and each endpoint."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root).expanduser().absolute()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Home:
        """Returns the home in the folder that SEMSEG_HOME names, ~/.semseg where it is not set.

        Raises:
            UserError: there can be no such folder.
        """
        folder = HOME.read(environment)
        try:
            home = cls(folder)
            is_possible = stat.S_ISDIR(home.root.stat().st_mode)
        except FileNotFoundError:  # it is made when something is to be kept in it
            return home
        except (OSError, ValueError, RuntimeError):  # a file above it, a name that cannot be, a user that is not there
            is_possible = False
        if not is_possible:
            raise UserError(f"{HOME.name} must be a folder, or one that can be made, got {echoed(folder)}")
        return home

    @classmethod
    def of_job(cls, root: Path) -> Home:
        """Returns the home in which the folder ``root`` of a job, of whatever kind, lies."""
        return cls(root.parents[1])

    @property
    def jobs(self) -> Path:
        return self.root / "jobs"

    @property
    def endpoints(self) -> Path:
        return self.root / "endpoints"

    @property
    def models(self) -> Path:
        """Returns the folder with a JSON file for each model."""
        return self.root / "models"

    @property
    def endpoint_configs(self) -> Path:
        """Returns the folder with a JSON file for each endpoint configuration."""
        return self.root / "endpoint_configs"

    @property
    def transform_jobs(self) -> Path:
        return self.root / "transform_jobs"

    @property
    def tuning_jobs(self) -> Path:
        return self.root / "tuning_jobs"

    @property
    def downloads(self) -> Path:
        """Returns the folder of downloaded objects of S3, which may be removed whenever no job begins."""
        return self.root / "downloads"

    @property
    def compiled(self) -> Path:
        """Returns the folder of what servers keep for their next start; it may be removed whenever none begins."""
        return self.root / "compiled"

    @property
    def facts(self) -> Path:
        """Returns the folder of what training jobs saw of the files that they read; it may be removed at any time."""
        return self.root / "facts"

    @property
    def exports(self) -> Path:
        """Returns the folder of models in the making, and of the exported ones of jobs that ran elsewhere."""
        return self.root / "exports"

    @property
    def evaluations(self) -> Path:
        """Returns the folder of the scores of models on other data sets, and of models that are at work."""
        return self.root / "evaluations"

    @property
    def folders(self) -> tuple[Path, ...]:
        """Returns the folders of all kinds of things that are kept."""
        return (
            *(self.jobs, self.transform_jobs, self.tuning_jobs, self.endpoints, self.models, self.endpoint_configs),
            *(self.exports, self.evaluations, self.downloads, self.compiled, self.facts),
        )

    def create(self) -> None:
        """Makes the folders that are not there yet.

        Raises:
            PlatformError: the system of this machine runs no jobs and no endpoints, and nothing was made; or a folder
                cannot be made.
        """
        check_posix()
        for folder in (self.root, *self.folders):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise PlatformError(
                    no_room(error, folder)
                    or f"the folder {folder} must be made, but that failed ({error.strerror}): set {HOME.name} to a "
                    f"folder that you can write to"
                ) from error


@contextmanager
def staged(target: Path, noun: str, way_out: str = "") -> Iterator[Path]:
    """Yields a new folder beside ``target``, which takes its place, whole, if the block ends well, and vanishes if not.

    Raises:
        NameTakenError: ``target``, the folder of ``noun`` ("an endpoint"), is there already; ``way_out`` ends the
            sentence.
    """
    check_free(target, noun, way_out)
    staging = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
    try:
        yield staging
        try:
            os.rename(staging, target)
        except OSError:
            check_free(target, noun, way_out)
            raise
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def check_free(target: Path, noun: str, way_out: str = "") -> None:
    """Raises NameTakenError where ``target``, the folder of ``noun`` ("an endpoint"), is there already.

    Args:
        way_out: the end of the sentence.
    """
    if target.exists():
        raise NameTakenError(
            f"{noun} must have a name of its own, and there is already one named {target.name!r}{way_out}"
        )


def remove(root: Path) -> None:
    """Removes the folder of a job or an endpoint, if it is there; nobody sees it half removed."""
    gone = root.with_name(f".gone-{root.name}-{os.getpid()}-{time.monotonic_ns()}")
    try:
        os.rename(root, gone)
    except FileNotFoundError:
        return  # somebody else was faster
    shutil.rmtree(gone, ignore_errors=True)
