"""The results of training jobs that ran elsewhere, brought to this machine."""

from __future__ import annotations

from pathlib import Path

from semseg.archive.results_archive import RESULTS_ARCHIVE, unpack_results
from semseg.aws.account import Account
from semseg.contract.s3_uri import S3Uri
from semseg.errors import UserError
from semseg.local.files.downloads import Downloads
from semseg.local.jobs.home import Home
from semseg.plumbing.whole_file import beside


def fetched_results(job_name: str, location: str, account: Account, home: Home) -> Path:
    """Returns the folder of this machine with the files of a job's output/data, fetched where they have changed.

    Args:
        location: the folder in S3 that has the job's ``output.tar.gz``.
        account: of the objects.
        home: keeps them.

    Raises:
        UserError: there is no such object, or it may not be read.
        PlatformError: it is no whole archive, or there is no room for its files.
    """
    uri = S3Uri.parse("the output of a training job", location).join(RESULTS_ARCHIVE)
    stored = account.objects.find(uri)
    if stored is None:
        raise UserError(
            f"training job {job_name!r} must have written {uri}, and there is no such object: SageMaker writes it at "
            f"the end of a job, from what its image left in output/data"
        )
    home.create()
    archive = Downloads(home.downloads, account.objects).fetch([stored])[0]
    folder = home.exports / job_name / f"data-{archive.name[:16]}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with beside(folder) as part:
            part.mkdir()
            unpack_results(archive, part)
    return folder
