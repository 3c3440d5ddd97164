"""boto3, configured: its sessions and clients, by its own rules (profiles, regions, ``AWS_ENDPOINT_URL*``)."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from semseg.aws.faults import faults_as_sentences
from semseg.errors import UserError

if TYPE_CHECKING:
    import boto3

    BotoSession = boto3.Session

POOL_CONNECTIONS = 32
RUNTIME = "sagemaker-runtime"
ANSWER_SECONDS = 70.0  # SageMaker's own advice, where an endpoint has 60 s to answer


@dataclass(frozen=True)
class Patience:
    """How long AWS is waited for.

    Attributes:
        attempts: of one request, the first included; boto3 waits longer before each. Where the environment sets
            AWS_MAX_ATTEMPTS or AWS_RETRY_MODE, that holds.
        connect_seconds: for a connection.
        read_seconds: without a byte.
        waits: seconds before an object whose body broke off is asked for again, one for each time.
    """

    attempts: int = 8
    connect_seconds: float = 10
    read_seconds: float = 60
    waits: tuple[float, ...] = (0.5, 1, 2, 4, 8)


class Connection:
    """One boto3 session, made when it is first needed, and its clients, each made once.

    Args:
        boto_session: a ``boto3.Session``; None means the one that boto3 makes from its environment and files.
        s3_endpoint_url: where S3 is; None leaves it to boto3.
    """

    def __init__(
        self,
        boto_session: boto3.Session | None = None,
        s3_endpoint_url: str | None = None,
        patience: Patience = Patience(),
    ) -> None:
        self.patience = patience
        self._given = boto_session is not None
        self._boto_session = boto_session
        self._s3_endpoint_url = s3_endpoint_url
        self._clients: dict[str, Any] = {}
        self._lock = threading.RLock()  # boto3 makes clients in one thread at a time

    @property
    def boto_session(self) -> boto3.Session:
        """The boto3 session; it is made when it is first needed."""
        with self._lock:
            if self._boto_session is None:
                import boto3  # a quarter of a second that `import semseg` has not

                with faults_as_sentences("begin with boto3's configuration"):
                    self._boto_session = boto3.Session()
            return self._boto_session

    def use(self, service: str, client: Any) -> None:
        """Takes this client of boto3 for a service from now on."""
        with self._lock:
            self._clients[service] = client

    @property
    def is_configured(self) -> bool:
        """Whether boto3 knows of a region, without which nothing can be asked of AWS."""
        return bool(self.boto_session.region_name)

    @property
    def region(self) -> str:
        """Returns the region; raises UserError where boto3 knows of none."""
        region = self.boto_session.region_name
        if not region:
            raise UserError(
                "AWS needs a region and boto3 knows of none: set the environment variable AWS_DEFAULT_REGION, or "
                "region in ~/.aws/config"
            )
        return str(region)

    def client(self, service: str) -> Any:
        """Returns the client of one service, such as "s3"; it may be used from many threads."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._new_client(service)
            return self._clients[service]

    def s3_resource(self) -> Any:
        """Returns boto3's resource of "s3"; unlike a client, for one thread."""
        with self._lock, faults_as_sentences("make boto3's resource of s3"):
            return self.boto_session.resource(
                "s3", region_name=self.region, endpoint_url=self._s3_endpoint_url, config=self.configuration()
            )

    def _new_client(self, service: str) -> Any:
        url = self._s3_endpoint_url if service == "s3" else None
        with faults_as_sentences(f"make boto3's client of {service}"):
            return self.boto_session.client(
                service, region_name=self.region, endpoint_url=url, config=self.configuration(service)
            )

    def configuration(self, service: str = "") -> Any:
        """Returns the ``botocore.config.Config`` of a client.

        Endpoints are asked once, for a model may have seen the request, and have the time that SageMaker gives them.
        """
        from botocore.config import Config

        if service == RUNTIME:
            return Config(
                connect_timeout=self.patience.connect_seconds,
                read_timeout=ANSWER_SECONDS,
                max_pool_connections=POOL_CONNECTIONS,
                user_agent_extra="semseg",
                retries={"mode": "standard", "total_max_attempts": 1},
            )

        configured = "AWS_MAX_ATTEMPTS" in os.environ or "AWS_RETRY_MODE" in os.environ
        return Config(
            connect_timeout=self.patience.connect_seconds,
            read_timeout=self.patience.read_seconds,
            max_pool_connections=POOL_CONNECTIONS,
            user_agent_extra="semseg",
            retries=None if configured else {"mode": "standard", "total_max_attempts": self.patience.attempts},
        )

    def child_environment(self) -> dict[str, str]:
        """Returns what a child process must find in its environment to reach AWS as this session does.

        Where the session was given, not made from boto3's own configuration, its credentials of this moment are in it,
        so it is for a process's environment alone, never for a file or a log.
        """
        given = {} if self._s3_endpoint_url is None else {"AWS_ENDPOINT_URL_S3": self._s3_endpoint_url}
        if not self._given:
            return given  # a child reads the same configuration
        session = self.boto_session
        if session.region_name:
            given["AWS_DEFAULT_REGION"] = session.region_name
        credentials = session.get_credentials()
        if credentials is not None:
            frozen = credentials.get_frozen_credentials()
            given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"] = frozen.access_key, frozen.secret_key
            given["AWS_SESSION_TOKEN"] = frozen.token or ""  # else one of this environment would go with these keys
        return given
