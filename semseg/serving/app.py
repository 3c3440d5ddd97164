"""The HTTP interface of a model, with SageMaker's paths, media types and errors."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from semseg.contract import media_types
from semseg.contract.picture_kinds import KINDS
from semseg.contract.server_proof import CHALLENGE_HEADER, PROOF_HEADER, proof_of
from semseg.errors import RequestError, UserError
from semseg.plumbing.counted import counted
from semseg.serving.access import TokenGate
from semseg.serving.answers import AnswerFormat, Encoded, negotiate
from semseg.serving.engine_keeper import too_late
from semseg.serving.http_refusals import refusal_response
from semseg.serving.limits import MEBIBYTE, Limits
from semseg.serving.metrics import CONTENT_TYPE, Metrics
from semseg.serving.pipeline import Pipeline
from semseg.serving.request_body import Body, HeldBytes, read_body
from semseg.serving.request_log import Exchange, RequestLog

# The Content-Types that a request may give; the bytes decide what the picture is.
PICTURES = (*(kind.media_type for kind in KINDS), media_types.ANY_IMAGE, "image/*", media_types.OCTET_STREAM)
LARGEST_PAYLOAD = 100  # MB that a batch transform job can be told
CLIENT_CLOSED_REQUEST = 499  # nginx's number, only for the log, because the client is gone
STILL_LOADING = "The model is still loading: ask again when GET /ping answers 200"
PATHS = "/ping, /live, /metrics, /invocations and /execution-parameters"


def create_app(
    pipeline: Pipeline,
    limits: Limits,
    metrics: Metrics,
    name: str | None = None,
    token: str | None = None,
    secret: str | None = None,
) -> Starlette:
    """Returns the application. The engines of ``pipeline`` may still be loading.

    Args:
        name: the one name that /endpoints/{name}/invocations answers to; None answers to every name.
        token: what a request must bring to get more than /ping and /live; None asks for none.
        secret: with what GET /ping answers a challenge, so that a client knows whose server this is.
    """
    endpoint = Endpoint(pipeline, limits, metrics, name, secret)
    gate = [Middleware(TokenGate, token=token)] if token else []
    app = Starlette(
        routes=[
            Route("/ping", endpoint.ping),
            Route("/live", endpoint.live),
            Route("/metrics", endpoint.metrics),
            Route("/execution-parameters", endpoint.execution_parameters),
            Route("/invocations", endpoint.invoke, methods=["POST"]),
            Route("/endpoints/{name}/invocations", endpoint.invoke_by_name, methods=["POST"]),
        ],
        middleware=[Middleware(RequestLog, limits=limits, metrics=metrics, engines=pipeline.engines), *gate],
        exception_handlers={
            RequestError: _bad_request,
            UserError: _bad_request,
            MemoryError: _too_little_memory,
            HTTPException: _no_route,
        },
    )
    app.router.redirect_slashes = False
    return app


class Endpoint:
    """Answers the requests to one model."""

    def __init__(
        self, pipeline: Pipeline, limits: Limits, metrics: Metrics, name: str | None, secret: str | None
    ) -> None:
        self.pipeline = pipeline
        self.limits = limits
        self.name = name
        self._secret = secret
        self._metrics = metrics
        self._bodies = HeldBytes(limits)
        self._admitted = 0

    async def ping(self, request: Request) -> Response:
        """Answers 200 while an engine is loaded and warm, 503 otherwise."""
        proof = self._proof(request)
        return Response(headers=proof) if self.pipeline.engines.ready else refusal_response(503, STILL_LOADING, proof)

    async def live(self, request: Request) -> Response:
        """Answers 200 as long as the server runs."""
        return Response()

    async def metrics(self, request: Request) -> Response:
        """Answers with the counters for Prometheus."""
        return Response(self._metrics.exposition(), media_type=CONTENT_TYPE)

    async def execution_parameters(self, request: Request) -> Response:
        """Answers what a batch transform job may send: single pictures, and as many at once as keep all stages busy."""
        payload = min(max(self.limits.max_body_bytes // MEBIBYTE, 1), LARGEST_PAYLOAD)
        return JSONResponse(
            {
                "MaxConcurrentTransforms": min(2 * self.limits.engine_processes + 2, self.limits.max_queue),
                "BatchStrategy": "SINGLE_RECORD",
                "MaxPayloadInMB": payload,
            }
        )

    async def invoke(self, request: Request) -> Response:
        """Answers a picture with its mask or its probabilities, of the picture's own height and width."""
        self._check_loaded()
        self._check_room()
        _check_content(request)
        answer = negotiate(", ".join(request.headers.getlist("accept")))
        exchange: Exchange = request.scope["exchange"]
        deadline = exchange.began + self.limits.deadline_seconds
        with ExitStack() as held:
            body = held.enter_context(Body(self._bodies))
            await read_body(request, body, self.limits, deadline)
            self._admit(held)
            encoded = await self._answered(request, body, answer, deadline, held)
            if encoded is None:
                return Response(status_code=CLIENT_CLOSED_REQUEST)
            return PiecewiseResponse(encoded, answer.media_type, held.pop_all())

    async def invoke_by_name(self, request: Request) -> Response:
        """Answers on the path that boto3's sagemaker-runtime client asks for."""
        name = request.path_params["name"]
        if self.name not in (None, name):
            raise RequestError(404, f"There is no endpoint {name!r} here: this is {self.name!r}")
        return await self.invoke(request)

    def _proof(self, request: Request) -> dict[str, str]:
        """Returns the header that answers a challenge; empty where there is none, or nothing to answer it with."""
        challenge = request.headers.get(CHALLENGE_HEADER)
        return {PROOF_HEADER: proof_of(self._secret, challenge)} if self._secret and challenge else {}

    async def _answered(
        self, request: Request, body: Body, answer: AnswerFormat, deadline: float, held: ExitStack
    ) -> Encoded | None:
        """Returns the answer; None if the client no longer waits for it.

        Raises:
            RequestError: 504, the deadline has passed.
        """
        exchange: Exchange = request.scope["exchange"]
        work = asyncio.ensure_future(self.pipeline.run(body, answer, exchange.timings, held))
        gone = asyncio.ensure_future(_wait_until_gone(request))
        try:
            left = max(0.0, deadline - time.monotonic())
            await asyncio.wait({work, gone}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            if gone.done():
                return None
            raise too_late(self.limits)
        finally:
            work.cancel()
            work.add_done_callback(_forget)
            gone.cancel()

    def _admit(self, held: ExitStack) -> None:
        self._check_room()
        self._admitted += 1
        self._metrics.in_flight.inc()
        held.callback(self._dismiss)

    def _dismiss(self) -> None:
        self._admitted -= 1
        self._metrics.in_flight.dec()

    def _check_loaded(self) -> None:
        if self.pipeline.engines.facts is None:
            raise RequestError(503, STILL_LOADING)

    def _check_room(self) -> None:
        if self._admitted >= self.limits.max_queue:
            raise RequestError(
                503, f"The endpoint has {counted(self.limits.max_queue, 'request')} to answer: ask again"
            )


class PiecewiseResponse(Response):
    """An answer that is sent piece by piece, and holds its share of memory until it is sent."""

    def __init__(self, encoded: Encoded, media_type: str, held: ExitStack) -> None:
        super().__init__(headers={"Content-Length": str(encoded.length)}, media_type=media_type)
        self._encoded = encoded
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._held:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            for piece in self._encoded.pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                await asyncio.sleep(0)  # a client that fetches as fast as this sends must not keep others waiting
            await send({"type": "http.response.body"})


def _forget(work: asyncio.Future[Encoded]) -> None:
    """Reads the exception of work that nobody waits for, because asyncio would otherwise complain that nobody did."""
    if not work.cancelled():
        work.exception()


async def _wait_until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _check_content(request: Request) -> None:
    label = request.headers.get("content-type", "")
    if media_types.bare(media_types.standard(label)) not in ("", *PICTURES):
        raise RequestError(415, f"Content-Type must be one of {', '.join(PICTURES)}, got {label!r}")
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.strip().lower() != "identity":
        raise RequestError(415, f"Content-Encoding must be left out, got {encoding!r}: send the picture as it is")


def _bad_request(request: Request, error: Exception) -> Response:
    return refusal_response(error.status if isinstance(error, RequestError) else 400, str(error))


def _too_little_memory(request: Request, error: Exception) -> Response:
    message = "There is not enough memory for this picture: scale it down, or ask again when less is asked"
    return refusal_response(507, message)


def _no_route(request: Request, error: Exception) -> Response:
    """Returns the answer to the errors 404 and 405, which come from Starlette."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    path = request.url.path
    messages = {
        404: f"There is no path {path!r} here, only {PATHS}",
        405: f"{path} must be asked with {(headers or {}).get('Allow')}, got {request.method}",
    }
    return refusal_response(status, messages.get(status, str(error)), headers)
