"""The page of one endpoint: how it is, and what it answers to pictures that are dropped there."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from semseg.console.answered_picture import AnsweredPicture, ServedModel, answered
from semseg.console.answered_pictures import AnsweredPictures
from semseg.console.navigation import ENDPOINTS
from semseg.console.preparations import Preparation, Preparations
from semseg.console.rendering import render
from semseg.console.request_body import read_body
from semseg.console.settings import Settings
from semseg.contract.environment import MAX_BODY_BYTES
from semseg.errors import UserError
from semseg.overview.deployment import ask_snippets
from semseg.predictor import Predictor
from semseg.serializers import ImageSerializer

ONE = ENDPOINTS.address + "/{name}"
LAST_LINES = 60  # of a log
MOST_BYTES = 20_000  # of its beginning and of its end
LONGEST_NAME = 200  # characters of a picture's name
SERVES = re.compile(r"(MXNet|OpenVINO|PyTorch)\b.* serves .* in (\w+)")  # a line of a server's log
MEDIA_TYPES = {"shown": "image/jpeg", "classes": "image/png", "mask": "image/png"}


class EndpointPage:
    """The page of one endpoint.

    Args:
        preparations: the endpoints to come, which have a page too.
    """

    def __init__(self, settings: Settings, preparations: Preparations) -> None:
        self._session = settings.session.local
        self._preparations = preparations
        self._answers = AnsweredPictures()

    @property
    def routes(self) -> list[Route]:
        """Returns what this page answers to."""
        return [
            Route(ONE, self.page),
            Route(f"{ONE}/status", self.status),
            Route(f"{ONE}/delete", self.delete, methods=["POST"]),
            Route(f"{ONE}/pictures", self.ask, methods=["POST"]),
            Route(f"{ONE}/pictures/{{key}}", self.answer),
            *(Route(f"{ONE}/pictures/{{key}}/{kind}", self._file_of(kind)) for kind in MEDIA_TYPES),
        ]

    def page(self, request: Request) -> Response:
        """Answers with the page; the query may name the answer that is shown, which is the newest without it."""
        name = request.path_params["name"]
        coming = self._preparations.of(name)
        if coming is not None:
            return _coming_page(name, coming)
        described = self._described(name)
        log = _text_of(self._session.endpoints.folder(name).log)
        answers = self._answers.of(name)
        key = request.query_params.get("picture") or (answers[0][0] if answers else "")
        page = render(
            "endpoint.html",
            area=ENDPOINTS.address,
            name=name,
            described=described,
            served=_served(log),
            variables=self._variables(described),
            log="\n".join(log.splitlines()[-LAST_LINES:]),
            answers=answers,
            key=key,
            picture=self._answers.get(name, key),
            most_bytes=MAX_BODY_BYTES.default,
            snippets=ask_snippets(name, described["EndpointUrl"]),
        )
        return HTMLResponse(page)

    def status(self, request: Request) -> Response:
        """Answers with the state of an endpoint, or of one to come, which a page that waits for it asks for."""
        name = request.path_params["name"]
        coming = self._preparations.of(name)
        if coming is not None:
            return JSONResponse({"status": "Failed" if coming.failure else "Preparing"})
        return JSONResponse({"status": self._described(name)["EndpointStatus"]})

    def delete(self, request: Request) -> Response:
        """Deletes an endpoint, with the configuration and the model that were made for it."""
        name = request.path_params["name"]
        self._preparations.forget(name)
        self._answers.forget(name)
        if self._session.has_endpoint(name):
            Predictor(name, self._session).delete_endpoint()
        return RedirectResponse(ENDPOINTS.address, 303)

    async def ask(self, request: Request) -> Response:
        """Asks the endpoint about the picture in the body, and answers with the address of what it answered."""
        name = request.path_params["name"]
        file = request.query_params.get("file", "")[-LONGEST_NAME:] or "picture"
        data = await read_body(request, MAX_BODY_BYTES.default)
        return await run_in_threadpool(self._ask, name, file, data)

    def answer(self, request: Request) -> Response:
        """Answers with the part of the page that shows one picture."""
        name, key = request.path_params["name"], request.path_params["key"]
        return HTMLResponse(render("answered_picture.html", name=name, key=key, picture=self._kept(request)))

    def _ask(self, name: str, file: str, data: bytes) -> Response:
        self._described(name)
        model = ServedModel.at(self._session.endpoints.folder(name).model)
        predictor = Predictor(name, self._session, serializer=ImageSerializer())
        key = self._answers.add(name, answered(predictor, model, file, data))
        return JSONResponse({"key": key, "address": f"{ENDPOINTS.address}/{name}/pictures/{key}"}, 201)

    def _described(self, name: str) -> dict[str, Any]:
        if not self._session.has_endpoint(name):
            raise HTTPException(404, f"There is no endpoint {name!r:.80} on this machine")
        return self._session.describe_endpoint(name)

    def _variables(self, described: Mapping[str, Any]) -> dict[str, str]:
        """Returns the variables that the server was given; a token is shown as ***."""
        with contextlib.suppress(UserError):  # somebody has removed the configuration or the model
            (variant,) = self._session.describe_endpoint_config(described["EndpointConfigName"])["ProductionVariants"]
            container = self._session.describe_model(variant["ModelName"])["PrimaryContainer"]
            return dict(container.get("Environment", {}))
        return {}

    def _kept(self, request: Request) -> AnsweredPicture:
        found = self._answers.get(request.path_params["name"], request.path_params["key"])
        if found is None:
            raise HTTPException(404, "This answer is not kept any more: drop the picture again")
        return found

    def _file_of(self, kind: str) -> Callable[[Request], Response]:
        def file(request: Request) -> Response:
            content: bytes = getattr(self._kept(request), kind)
            return Response(content, media_type=MEDIA_TYPES[kind])

        return file


def _coming_page(name: str, coming: Preparation) -> Response:
    seconds = time.time() - coming.began
    return HTMLResponse(
        render("endpoint_coming.html", area=ENDPOINTS.address, name=name, coming=coming, seconds=seconds)
    )


def _served(log: str) -> str:
    """Returns by what a server computes, such as "OpenVINO in int8", as its log tells; "" where it does not."""
    found = SERVES.findall(log)
    return " in ".join(found[-1]) if found else ""


def _text_of(log: Path) -> str:
    """Returns the beginning of a log and its end; all of it where it is short."""
    try:
        with log.open("rb") as file:
            beginning = file.read(MOST_BYTES)
            file.seek(max(len(beginning), log.stat().st_size - MOST_BYTES))
            return (beginning + file.read()).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
