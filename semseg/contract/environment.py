"""Every environment variable that laptop, container and server set or read: its name, its rule and its default.

The tables in docs/endpoint.md are printed by ``markdown_table`` of :mod:`semseg.contract.variable`, one for each of the
three tuples at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from semseg.contract.exported_forms import OPENVINO, PRECISIONS
from semseg.contract.rules import Descriptor, Digits, OneOf, Port, Text, Token, TrueOrFalse
from semseg.contract.variable import Variable

AUTO, MXNET, PYTORCH = "auto", "mxnet", "pytorch"  # engines, beside OPENVINO
ENGINES = (AUTO, MXNET, OPENVINO, PYTORCH)
TITLES = {MXNET: "MXNet", OPENVINO: "OpenVINO", PYTORCH: "PyTorch"}  # as people write them
RULE, NATIVE = "rule", "native"  # of SCALE
TEST_TIME_AUGMENTATIONS = (PLAIN, FLIP, MULTISCALE) = ("none", "flip", "multiscale")  # of TTA; PLAIN: without it
HIDDEN = "***"  # in place of a token, wherever an environment is shown
LARGEST_BATCH = 32  # pictures; each takes two of the files that go over the wire at once
FEWEST_TILE_PIXELS = 131_072  # with fewer, most of a tile would be overlap

# What a server may be told by its user.
MAX_BODY_BYTES: Final = Variable("SEMSEG_MAX_BODY_BYTES", Digits(1), 25 * 2**20, "largest body")
MAX_PIXELS: Final = Variable(
    "SEMSEG_MAX_PIXELS", Digits(1), 50_000_000, "most pixels, width times height, checked before they are decoded"
)
MAX_SIDE: Final = Variable("SEMSEG_MAX_SIDE", Digits(1), 16_384, "longest side in pixels")
MAX_QUEUE: Final = Variable(
    "SEMSEG_MAX_QUEUE",
    Digits(1),
    64,
    "most requests that have sent their image and wait for their answer; one more is refused at once with 503",
)
DEADLINE_SECONDS: Final = Variable(
    "SEMSEG_DEADLINE_SECONDS",
    Digits(1),
    60,  # as long as SageMaker waits
    "time from a request's headers to its answer. An engine that computes for longer is stuck, and is replaced",
)
MAX_BATCH: Final = Variable(
    "SEMSEG_MAX_BATCH",
    Digits(1, LARGEST_BATCH),
    4,
    "images of one size that are computed together; together at most 1,000,000 pixels, as they are and as the "
    "network sees them. Masks only",
)
BATCH_MILLISECONDS: Final = Variable(
    "SEMSEG_BATCH_MILLISECONDS",
    Digits(0),
    2,
    "how long an image waits for others of its size while others are on their way; with 0 it does not wait",
)
ENGINE_PROCESSES: Final = Variable(
    "SEMSEG_ENGINE_PROCESSES", Digits(1), 1, "number of engine processes; each loads the model"
)
ENGINE_THREADS: Final[Variable[int | None]] = Variable(
    "SEMSEG_ENGINE_THREADS",
    Digits(1),
    None,
    "threads of each engine. Without it, the engines share the cores that the process and its control group may "
    "use; a single engine follows `OMP_NUM_THREADS`",
    default_in_words="all cores",
)
DRAIN_SECONDS: Final = Variable(
    "SEMSEG_DRAIN_SECONDS",
    Digits(1),
    25,  # SageMaker kills a container 30 seconds after it asked it to stop
    "time that a stopping server gives to running requests",
)
ENGINE: Final = Variable("SEMSEG_ENGINE", OneOf(ENGINES), AUTO, "which [engine](engines.md#serving) serves")
PRECISION: Final[Variable[str | None]] = Variable(
    "SEMSEG_PRECISION",
    OneOf(PRECISIONS),
    None,
    "`int8` needs an [exported form](export.md)",
    default_in_words="`int8` where the archive has a form `openvino-int8`, light or not, else `fp32`",
)
LIGHT: Final[Variable[bool | None]] = Variable(
    "SEMSEG_LIGHT",
    TrueOrFalse(),
    None,
    "whether a [light form](export.md#light-forms) is served, which has fewer operations",
    default_in_words="`True` where the archive has a light form for OpenVINO of this precision",
)
CACHE_DIR: Final[Variable[str | None]] = Variable(
    "SEMSEG_CACHE_DIR",
    Text("a folder"),
    None,
    "where built and compiled networks are kept for the next start; `deploy` sets it to `compiled/` below "
    "`SEMSEG_HOME`",
    default_in_words="`~/.cache/semseg`",
    may_be_empty=True,
)
TOKEN: Final[Variable[str | None]] = Variable(
    "SEMSEG_TOKEN",
    Token(),
    None,
    "the [token](#a-token) that all requests except `/ping` and `/live` must bring",
    secret=True,
)
SCALE: Final = Variable("SEMSEG_SCALE", OneOf((RULE, NATIVE)), RULE, "`native` turns the scale rule off")
TILE_PIXELS: Final = Variable(
    "SEMSEG_TILE_PIXELS",
    Digits(FEWEST_TILE_PIXELS),
    2_200_000,  # 2048 x 1024 and a little; a network takes 0.5 to 1.1 GB of memory for a million
    "most pixels that the network sees at once; a larger image is cut into overlapping tiles",
)
TTA: Final[Variable[str | None]] = Variable(
    "SEMSEG_TTA",
    OneOf(TEST_TIME_AUGMENTATIONS),
    None,
    "[test-time augmentation](results.md#test-time-augmentation): the views of an image whose mean is the answer",
    default_in_words="what the model was trained with: its hyperparameter `test_time_augmentation`",
)
BIND_ADDRESS: Final = Variable(
    "SEMSEG_BIND_ADDRESS",
    Text("an address of this machine"),
    "127.0.0.1",
    "where the server listens; `0.0.0.0` accepts requests from other machines: then set a token, and put a "
    "proxy with TLS in front",
)
OMP_NUM_THREADS: Final[Variable[str | None]] = Variable(
    "OMP_NUM_THREADS",
    Text("a number of threads"),
    None,
    "OpenMP's own: threads of training, and of a single engine without `SEMSEG_ENGINE_THREADS`",
    default_in_words="all cores",
)

# The SageMaker Python SDK's own, which semseg.config reads.
ADMIN_CONFIG, USER_CONFIG = "SAGEMAKER_ADMIN_CONFIG_OVERRIDE", "SAGEMAKER_USER_CONFIG_OVERRIDE"

# What whoever starts a job or a server tells it.
BASE_DIR: Final = Variable(
    "SAGEMAKER_BASE_DIR", Text("a folder"), "/opt/ml", "where a job or `model/` lies", may_be_empty=True
)
BIND_TO_PORT: Final = Variable("SAGEMAKER_BIND_TO_PORT", Port(0), 8080, "0 takes a free one")
ENDPOINT_NAME: Final[Variable[str | None]] = Variable(
    "SEMSEG_ENDPOINT_NAME",
    Text("the endpoint's name"),
    None,
    "the one name that is answered to",
    default_in_words="every name",
)
ENDPOINT_SECRET: Final[Variable[str | None]] = Variable(
    "SEMSEG_ENDPOINT_SECRET",
    Token(),
    None,
    "with what the server proves at `/ping` that it is the one that was deployed",
    secret=True,
)
LISTENING_SOCKET: Final[Variable[int | None]] = Variable(
    "SEMSEG_LISTENING_SOCKET",
    Descriptor("a listening socket"),
    None,
    "what the server listens on",
    default_in_words="the server opens its port itself",
    may_be_empty=True,
)
BATCH: Final[Variable[str | None]] = Variable(
    "SAGEMAKER_BATCH", Text("true"), None, "that it serves a batch transform job"
)
MAX_PAYLOAD_IN_MB: Final[Variable[int | None]] = Variable(
    "SAGEMAKER_MAX_PAYLOAD_IN_MB", Digits(0), None, "the `max_payload` of a batch transform job; 0 for no limit"
)
MAX_CONCURRENT_TRANSFORMS: Final[Variable[int | None]] = Variable(
    "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS",
    Digits(1),
    None,
    "the `max_concurrent_transforms` of a batch transform job",
)

FACTS_DIR: Final[Variable[str | None]] = Variable(
    "SEMSEG_FACTS_DIR",
    Text("a folder"),
    None,
    "where a training job keeps [what it saw](data.md#files-that-did-not-change) of the files that it read",
    default_in_words="nowhere",
    may_be_empty=True,
)

# What jobs and endpoints of this machine are asked for with.
HOME: Final = Variable(
    "SEMSEG_HOME",
    Text("a folder"),
    "~/.semseg",
    "where jobs, endpoints and models of this machine are [kept](jobs.md#where-a-job-lies)",
    may_be_empty=True,
)
SERVING_PORT: Final[Variable[int | None]] = Variable(
    "SEMSEG_SERVING_PORT",
    Port(1),
    None,
    "the port of the next endpoint",
    default_in_words="a free one",
    may_be_empty=True,
)

SERVER_SETTINGS: tuple[Variable[Any], ...] = (
    *(MAX_BODY_BYTES, MAX_PIXELS, MAX_SIDE, MAX_QUEUE, DEADLINE_SECONDS, MAX_BATCH, BATCH_MILLISECONDS),
    *(ENGINE_PROCESSES, ENGINE_THREADS, DRAIN_SECONDS, ENGINE, PRECISION, LIGHT, CACHE_DIR, TOKEN, SCALE),
    *(TILE_PIXELS, TTA, BIND_ADDRESS, OMP_NUM_THREADS),
)
SET_BY_THE_STARTER: tuple[Variable[Any], ...] = (
    *(BASE_DIR, BIND_TO_PORT, ENDPOINT_NAME, ENDPOINT_SECRET, LISTENING_SOCKET),
    *(BATCH, MAX_PAYLOAD_IN_MB, MAX_CONCURRENT_TRANSFORMS, FACTS_DIR),
)
SESSION_SETTINGS: tuple[Variable[Any], ...] = (HOME, SERVING_PORT)


def without_token(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns an environment as it may be shown, with *** for its token."""
    return {name: HIDDEN if name == TOKEN.name else value for name, value in environment.items()}


def without_aws(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns an environment without the credentials and settings of AWS, for a process that asks nothing of AWS."""
    return {name: value for name, value in environment.items() if not name.startswith("AWS_")}
