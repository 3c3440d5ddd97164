"""The page with the form that starts a training job."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from semseg.console.data_checks import DataChecks
from semseg.console.navigation import JOBS, TRAIN
from semseg.console.rendering import render
from semseg.console.request_body import read_form
from semseg.console.settings import Settings
from semseg.console.training_order import CHANNELS, TrainingOrder, free_name
from semseg.contract.resource_config import LOCAL_TYPES
from semseg.errors import SemsegError
from semseg.overview.hyperparameter_fields import NETWORK, PICTURES, SCHEDULE, hyperparameter_fields

OPEN = (NETWORK, SCHEDULE, PICTURES)  # groups that are shown at once
SECONDS_TO_WAIT = 0.25  # for the check of the data, whose suggestion the form begins with
MANAGED_TYPES = ("ml.g5.xlarge", "ml.g5.2xlarge", "ml.g4dn.xlarge", "ml.p3.2xlarge")  # for people to begin with


class TrainingPages:
    """A form made of the table of hyperparameters, with the same as text to copy."""

    def __init__(self, settings: Settings, checks: DataChecks) -> None:
        self._session = settings.session
        self._roots = settings.roots
        self._checks = checks
        self._groups = [
            (name, list(several)) for name, several in groupby(hyperparameter_fields(), lambda one: one.group)
        ]

    @property
    def routes(self) -> list[Route]:
        """Returns what this form answers to."""
        return [
            Route(TRAIN.address, self.page),
            Route(TRAIN.address, self.create, methods=["POST"]),
            Route("/train/looked-over", self.look_over, methods=["POST"]),
        ]

    def page(self, request: Request) -> Response:
        """Answers with the form, filled in with what suits the data where that was checked."""
        data = request.query_params.get("data", "")
        if not data:
            return self._form(TrainingOrder(), {})
        try:
            data = str(self._roots.data(data))
        except SemsegError as error:
            return self._form(TrainingOrder(data), {"data": str(error)})
        check = self._checks.of(self._roots.data(data))
        check.is_over.wait(SECONDS_TO_WAIT)
        suits = {} if check.found is None else check.found.suggestion.as_hyperparameters()
        order = TrainingOrder(
            data,
            name=free_name(data, self._session),
            hyperparameters={name: str(value) for name, value in suits.items()},
        )
        return self._form(order, {}, is_filled=bool(suits), is_reading=not check.is_over.is_set())

    async def create(self, request: Request) -> Response:
        """Starts the job, and answers with its page; where it is refused, with the form and what is wrong."""
        order = TrainingOrder.of(await read_form(request))
        return await run_in_threadpool(self._created, order)

    async def look_over(self, request: Request) -> Response:
        """Answers what is wrong with the form as it stands, and what it is as text to copy."""
        order = TrainingOrder.of(await read_form(request))
        problems = await run_in_threadpool(order.problems, self._roots, self._session)
        return JSONResponse({"problems": problems, "snippets": order.snippets()})

    def _created(self, order: TrainingOrder) -> Response:
        problems = order.problems(self._roots, self._session)
        if problems:
            return self._form(order, problems, 400)
        try:
            name = order.start(self._roots, self._session)
        except SemsegError as error:
            return self._form(order, {"": str(error)}, 400)
        return RedirectResponse(f"{JOBS.address}/{name}", 303)

    def _form(
        self,
        order: TrainingOrder,
        problems: Mapping[str, str],
        status: int = 200,
        is_filled: bool = False,
        is_reading: bool = False,
    ) -> Response:
        types = [*LOCAL_TYPES, *(MANAGED_TYPES if self._session.connection.is_configured else ())]
        return HTMLResponse(
            render(
                "train.html",
                area=TRAIN.address,
                order=order,
                problems=problems,
                groups=self._groups,
                open=OPEN,
                channels=CHANNELS,
                types=types,
                is_configured=self._session.connection.is_configured,
                is_filled=is_filled,
                is_reading=is_reading,
            ),
            status,
        )
