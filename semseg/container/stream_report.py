"""What is told of a job that ends because samples of a stream cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from semseg.contract.job_directory import JobDirectory
from semseg.contract.problems import raise_refused
from semseg.data.bad_stream import BadPass
from semseg.data.dataset import Dataset
from semseg.data.dataset_report import FILE_NAME, DatasetReport, in_order
from semseg.data.stream import Stream
from semseg.plumbing.json_file import write_public_json
from semseg.training.good_samples import made_of_good


@contextmanager
def bad_passes_told(results: JobDirectory, validation: Dataset | Stream, workers: int) -> Iterator[None]:
    """Adds to the bad samples of a pass those of validation, if that was not read yet, and writes the report.

    Args:
        results: where this process writes its results.
        workers: threads that read.

    Raises:
        ChannelError: what ended the job, with all bad samples.
    """
    try:
        yield
    except BadPass as error:
        passes = [error, *_bad_pass(validation, workers)]
        findings = in_order([finding for bad in passes for finding in bad.findings])
        report = DatasetReport(findings, {bad.channel: {"samples": bad.total} for bad in passes})
        path = results.output_data / FILE_NAME
        write_public_json(path, report.to_json())
        raise_refused(report.findings, str(path))
        raise


def _bad_pass(validation: Dataset | Stream, workers: int) -> list[BadPass]:
    """Reads the first pass over validation, and returns what is wrong with it, one or none."""
    if not isinstance(validation, Stream) or validation.passes:
        return []
    try:
        for _ in made_of_good(validation.read, validation.one_pass(), workers):
            pass
    except BadPass as error:
        return [error]
    return []
