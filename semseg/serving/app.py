"""The HTTP face of a model: SageMaker's paths, media types and errors."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from semseg.contract import media_types
from semseg.data.image_files import decode_image
from semseg.errors import RequestError, UserError
from semseg.serving.answers import negotiate
from semseg.serving.limits import MEGABYTE, Limits
from semseg.serving.model_thread import ModelThread
from semseg.serving.refusals import refusal
from semseg.serving.request_body import read_body
from semseg.serving.request_log import RequestLog

# What a request may call its picture; what it is, its bytes say.
PICTURES = (media_types.JPEG, media_types.PNG, media_types.ANY_IMAGE, "image/*", media_types.OCTET_STREAM)
LARGEST_PAYLOAD = 100  # MB that a batch transform job can be told


def create_app(model: ModelThread, limits: Limits, endpoint_name: str | None = None) -> Starlette:
    """The application; ``model`` may still be loading.

    Args:
        endpoint_name: the one name that /endpoints/{name}/invocations answers to; None answers to every name.
    """
    endpoint = Endpoint(model, limits, endpoint_name)
    app = Starlette(
        routes=[
            Route("/ping", endpoint.ping),
            Route("/execution-parameters", endpoint.execution_parameters),
            Route("/invocations", endpoint.invoke, methods=["POST"]),
            Route("/endpoints/{name}/invocations", endpoint.invoke_by_name, methods=["POST"]),
        ],
        middleware=[Middleware(RequestLog)],
        exception_handlers={RequestError: _refuse, UserError: _refuse, HTTPException: _refuse_route},
    )
    app.router.redirect_slashes = False
    return app


class Endpoint:
    """Answers the requests to one model."""

    def __init__(self, model: ModelThread, limits: Limits, name: str | None) -> None:
        self.model = model
        self.limits = limits
        self.name = name

    async def ping(self, request: Request) -> Response:
        """200 once the model is loaded and warm, 503 before."""
        self._check_ready()
        return Response()

    async def execution_parameters(self, request: Request) -> Response:
        """What a batch transform job may send: one picture at a time."""
        payload = min(max(self.limits.max_body_bytes // MEGABYTE, 1), LARGEST_PAYLOAD)
        return JSONResponse(
            {"MaxConcurrentTransforms": 1, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": payload}
        )

    async def invoke(self, request: Request) -> Response:
        """A picture in, its mask or its probabilities out, of its own height and width."""
        # First the body, even of a request to refuse: a client that is still sending would not see the answer.
        body = await read_body(request, self.limits.max_body_bytes)
        self._check_ready()
        _check_content(request)
        answer = negotiate(", ".join(request.headers.getlist("accept")))
        image = await run_in_threadpool(decode_image, body, self.limits.max_pixels, self.limits.max_side)
        result = await self.model.run(answer.predict, image)
        return Response(await run_in_threadpool(answer.encode, result), media_type=answer.media_type)

    async def invoke_by_name(self, request: Request) -> Response:
        """The path that boto3's sagemaker-runtime client asks for."""
        name = request.path_params["name"]
        if self.name not in (None, name):
            await read_body(request, self.limits.max_body_bytes)
            raise RequestError(404, f"There is no endpoint {name!r} here: this is {self.name!r}")
        return await self.invoke(request)

    def _check_ready(self) -> None:
        if not self.model.ready:
            raise RequestError(503, "The model is still loading: ask again when GET /ping answers 200")


def _check_content(request: Request) -> None:
    label = request.headers.get("content-type", "")
    if label.split(";")[0].strip().lower() not in ("", *PICTURES):
        raise RequestError(415, f"Content-Type must be one of {', '.join(PICTURES)}, got {label!r}")
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.strip().lower() != "identity":
        raise RequestError(415, f"Content-Encoding must be left out, got {encoding!r}: send the picture as it is")


def _refuse(request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, RequestError) else 400
    # The rest of a body that is too large may never end: only a closed connection keeps it out.
    headers = {"Connection": "close"} if status == 413 else None
    return refusal(status, str(error), headers)


def _refuse_route(request: Request, error: Exception) -> Response:
    """404 and 405, which come from Starlette."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    path = request.url.path
    messages = {
        404: f"There is no path {path!r} here, only /ping, /invocations and /execution-parameters",
        405: f"{path} must be asked with {(headers or {}).get('Allow')}, got {request.method}",
    }
    return refusal(status, messages.get(status, str(error)), headers)
