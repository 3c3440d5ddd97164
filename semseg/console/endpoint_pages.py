"""The pages of endpoints: all of them, the form that makes one, and one that is asked with pictures."""

from __future__ import annotations

from dataclasses import dataclass, fields

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from semseg.api.names import name_from_base
from semseg.console.endpoint_page import EndpointPage
from semseg.console.endpoint_wish import EndpointWish, deploy, problems_of
from semseg.console.navigation import ENDPOINTS
from semseg.console.preparations import Preparations
from semseg.console.rendering import render
from semseg.console.request_body import Form, first, read_form
from semseg.console.settings import Settings
from semseg.contract.environment import AUTO, TITLES
from semseg.contract.exported_forms import FP32, INT8
from semseg.contract.resource_config import LOCAL, LOCAL_GPU
from semseg.contract.rules import wire_form
from semseg.engines.choice import ENGINES, Installed
from semseg.overview.deployment import deploy_snippets
from semseg.overview.endpoints import endpoint_rows
from semseg.overview.jobs import job_rows

FORM = "/endpoints-new"  # no endpoint can have its address
ENDED = ("Completed", "Stopped", "Failed")


@dataclass(frozen=True)
class Choice:
    """One entry of a list to choose from."""

    value: str
    label: str
    is_here: bool = True


class EndpointPages:
    """The list of endpoints, and the form that makes one."""

    def __init__(self, settings: Settings) -> None:
        self._session = settings.session
        self._roots = settings.roots
        self._preparations = Preparations()
        self._one = EndpointPage(settings, self._preparations)

    @property
    def routes(self) -> list[Route]:
        """Returns what these pages answer to."""
        return [
            Route(ENDPOINTS.address, self.listing),
            Route(FORM, self.form),
            Route(FORM, self.create, methods=["POST"]),
            *self._one.routes,
        ]

    def listing(self, request: Request) -> Response:
        """Answers with the list of all endpoints."""
        rows = endpoint_rows(self._session.local)
        coming = self._preparations.all()
        return HTMLResponse(
            render("endpoints.html", area=ENDPOINTS.address, rows=rows, coming=coming, form_address=FORM)
        )

    def form(self, request: Request) -> Response:
        """Answers with an empty form; the query may name the job whose model is to be served."""
        job = request.query_params.get("job", "")
        return self._filled(EndpointWish(job=job, name=self._free_name(job)), {}, 200)

    async def create(self, request: Request) -> Response:
        """Starts the endpoint of a filled form; answers with the form and its problems where there are some."""
        return await run_in_threadpool(self._create, _wish_of(await read_form(request)))

    def _create(self, wish: EndpointWish) -> Response:
        problems = problems_of(wish, self._session, self._roots)
        if problems:
            return self._filled(wish, problems, 400)
        self._preparations.forget(wish.name)
        if wish.needs_export:
            self._preparations.begin(wish.name, wish.job, lambda: deploy(wish, self._session))
        else:
            deploy(wish, self._session)
        return RedirectResponse(f"{ENDPOINTS.address}/{wish.name}", 303)

    def _filled(self, wish: EndpointWish, problems: dict[str, str], status: int) -> Response:
        jobs = [row for row in job_rows(self._session.local) if row.status in ENDED]
        page = render(
            "endpoint_form.html",
            area=ENDPOINTS.address,
            wish=wish,
            problems=problems,
            jobs=jobs,
            engines=_engines(),
            precisions=_precisions(),
            networks=_networks(),
            instance_types=(Choice(LOCAL, "the processor"), Choice(LOCAL_GPU, "a GPU")),
            roots=self._roots.listed(),
            snippets=deploy_snippets(wish.job, wish.archive, wish.name, wish.instance_type, wish.environment),
            form_address=FORM,
        )
        return HTMLResponse(page, status)

    def _free_name(self, job: str) -> str:
        if not job:
            return ""
        return name_from_base(job) if self._session.local.has_endpoint(job) else job


def _wish_of(form: Form) -> EndpointWish:
    return EndpointWish(**{item.name: first(form, item.name, str(item.default)) for item in fields(EndpointWish)})


def _engines() -> list[Choice]:
    here = Installed.here(on_gpu=())
    kinds = [(kind, here.has(kind.packages)) for kind in ENGINES]
    named = [
        Choice(kind.name, TITLES[kind.name] + ("" if is_here else ", not installed"), is_here)
        for kind, is_here in kinds
    ]
    return [Choice(AUTO, "automatic"), *named]


def _precisions() -> list[Choice]:
    return [
        Choice("", "as the model has it"),
        Choice(FP32, "fp32"),
        Choice(INT8, "int8: faster, by OpenVINO alone"),
    ]


def _networks() -> list[Choice]:
    return [
        Choice("", "as the model has it"),
        Choice(wire_form(True), "light: fewer operations, by OpenVINO alone"),
        Choice(wire_form(False), "whole"),
    ]
