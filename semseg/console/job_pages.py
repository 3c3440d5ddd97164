"""The pages of training jobs: all of them, one of them, several beside each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from semseg.console.job_feed import JobFeed, events
from semseg.console.navigation import JOBS
from semseg.console.rendering import render
from semseg.console.request_body import first, read_form
from semseg.console.settings import Settings
from semseg.errors import SemsegError, UserError
from semseg.job import TrainingJob
from semseg.job_results import compare, report_of
from semseg.local.training.folder import TrainingFolder
from semseg.overview.jobs import job_detail, job_rows
from semseg.overview.snippets import job_as_commands, job_as_python

MOST_COMPARED = 6
# A report has styles and a script in itself: it is shown as a page of nobody, which can reach neither us nor a network.
REPORT_POLICY = (
    "sandbox allow-scripts allow-popups; default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ENDED = ("Completed", "Failed", "Stopped")


class JobPages:
    """The list of training jobs, and what each of them tells."""

    def __init__(self, settings: Settings) -> None:
        self._session = settings.session
        self._local = settings.session.local
        self._is_closing = settings.is_closing

    @property
    def routes(self) -> list[Route]:
        """Returns what these pages answer to."""
        one = f"{JOBS.address}/{{name}}"
        return [
            Route(JOBS.address, self.listing),
            Route("/compare", self.compare),
            Route(one, self.page),
            Route(f"{one}/events", self.events),
            Route(f"{one}/report", self.report),
            Route(f"{one}/stop", self.stop, methods=["POST"]),
            Route(f"{one}/resume", self.resume, methods=["POST"]),
        ]

    def listing(self, request: Request) -> Response:
        """Answers with the list of all jobs."""
        rows = job_rows(self._local)
        running = any(row.status not in ENDED for row in rows)
        template = "job_rows.html" if "rows" in request.query_params else "jobs.html"
        return HTMLResponse(render(template, area=JOBS.address, rows=rows, running=running, most=MOST_COMPARED))

    def page(self, request: Request) -> Response:
        """Answers with one job."""
        return self._page(request.path_params["name"])

    def events(self, request: Request) -> Response:
        """Answers with what the job tells, as long as it runs and somebody listens."""
        return StreamingResponse(
            events(JobFeed(self._folder(request)), self._is_closing), media_type="text/event-stream"
        )

    def report(self, request: Request) -> Response:
        """Answers with the report of a job, as far as it goes."""
        path = report_of(TrainingJob(self._session, request.path_params["name"]))
        headers = {"Content-Security-Policy": REPORT_POLICY}
        return FileResponse(path, headers=headers, media_type="text/html", content_disposition_type="inline")

    async def stop(self, request: Request) -> Response:
        """Asks the job to stop, and answers with its page."""
        name = request.path_params["name"]
        return await self._done(name, lambda: self._session.stop_training_job(name))

    async def resume(self, request: Request) -> Response:
        """Lets the job go on, and answers with its page."""
        name = request.path_params["name"]
        epochs = first(await read_form(request), "epochs")
        if epochs and not (epochs.isdecimal() and len(epochs) <= 6 and int(epochs)):
            return self._page(name, f"epochs must be a whole number of at least 1, got {epochs!r:.40}", 400)
        return await self._done(name, lambda: self._local.resume_training_job(name, int(epochs) if epochs else None))

    def compare(self, request: Request) -> Response:
        """Answers with several jobs beside each other."""
        names = list(dict.fromkeys(request.query_params.getlist("job")))
        if not 2 <= len(names) <= MOST_COMPARED:
            raise UserError(
                f"2 to {MOST_COMPARED} jobs can be compared at once, got {len(names)}: choose them in the list"
            )
        comparison = compare(names, self._session)
        return HTMLResponse(render("compare.html", area=JOBS.address, jobs=comparison.jobs, rows=comparison.rows()))

    async def _done(self, name: str, act: Callable[[], None]) -> Response:
        try:
            await run_in_threadpool(act)
        except SemsegError as error:
            return await run_in_threadpool(self._page, name, str(error), 400)
        return RedirectResponse(f"{JOBS.address}/{name}", 303)

    def _page(self, name: str, problem: str = "", status: int = 200) -> Response:
        if self._session.connection.is_configured and not self._local.has_training_job(name):
            return self._managed(name, problem, status)
        detail = job_detail(self._local, name)
        look = JobFeed(self._local.jobs.folder(name)).look()
        request = detail.description
        return HTMLResponse(
            render(
                "job.html",
                area=JOBS.address,
                detail=detail,
                state=look.state,
                lines=look.lines,
                is_over=look.is_over,
                asked=_asked(request),
                snippets=[("Python", job_as_python(name)), ("Command", job_as_commands(name))],
                problem=problem,
            ),
            status,
        )

    def _managed(self, name: str, problem: str, status: int) -> Response:
        """Returns the page of a job of SageMaker."""
        job = self._session.describe_training_job(name)
        page = render(
            "managed_job.html",
            area=JOBS.address,
            job=job,
            is_over=job["TrainingJobStatus"] in ENDED,
            asked=_asked(job),
            snippets=[("Python", job_as_python(name)), ("Command", job_as_commands(name))],
            problem=problem,
        )
        return HTMLResponse(page, status)

    def _folder(self, request: Request) -> TrainingFolder:
        return self._local.jobs.folder(request.path_params["name"])


def _asked(job: Mapping[str, Any]) -> dict[str, str]:
    """Returns the hyperparameters and the channels of a job, shaped as DescribeTrainingJob."""
    channels = {one["ChannelName"]: _place(one) for one in job["InputDataConfig"]}
    return {**job.get("HyperParameters", {}), **channels}


def _place(channel: Mapping[str, Any]) -> str:
    source = channel.get("DataSource", {})
    found = source.get("S3DataSource", {}).get("S3Uri") or source.get("FileSystemDataSource", {}).get("DirectoryPath")
    return str(found or "")
