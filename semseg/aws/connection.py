"""boto3, configured: its sessions and clients, by its own rules (profiles, regions, ``AWS_ENDPOINT_URL*``)."""

from __future__ import annotations

from typing import Any

from semseg.errors import UserError

ATTEMPTS = 8  # of one request, the first included; boto3 waits longer before each
CONNECT_SECONDS = 10
READ_SECONDS = 60  # without a byte


class Connection:
    """One boto3 session, made when it is first needed, and its clients, each made once.

    Args:
        boto_session: a ``boto3.Session``; None means the one that boto3 makes from its environment and files.
        s3_endpoint_url: where S3 is; None leaves it to boto3.
    """

    def __init__(self, boto_session: Any = None, s3_endpoint_url: str | None = None) -> None:
        self._given = boto_session is not None
        self._boto_session = boto_session
        self._s3_endpoint_url = s3_endpoint_url
        self._clients: dict[str, Any] = {}

    @property
    def boto_session(self) -> Any:
        if self._boto_session is None:
            import boto3  # a quarter of a second that `import semseg` has not

            self._boto_session = boto3.Session()
        return self._boto_session

    @property
    def region(self) -> str:
        """Raises UserError where boto3 knows of none."""
        region = self.boto_session.region_name
        if not region:
            raise UserError(
                "AWS needs a region and boto3 knows of none: set the environment variable AWS_DEFAULT_REGION, or "
                "region in ~/.aws/config"
            )
        return str(region)

    def client(self, service: str) -> Any:
        """The client of one service, such as "s3"; may be used from many threads."""
        if service not in self._clients:
            from botocore.config import Config

            config = Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                max_pool_connections=32,
                user_agent_extra="semseg",
            )
            url = self._s3_endpoint_url if service == "s3" else None
            self._clients[service] = self.boto_session.client(
                service, region_name=self.region, endpoint_url=url, config=config
            )
        return self._clients[service]

    def child_environment(self) -> dict[str, str]:
        """What a child process must find in its environment to reach AWS as this session does.

        Where the session was given, not made from boto3's own configuration, its credentials of this moment are in it,
        so it is for a process's environment alone, never for a file or a log.
        """
        given = {} if self._s3_endpoint_url is None else {"AWS_ENDPOINT_URL_S3": self._s3_endpoint_url}
        if not self._given:
            return given  # a child reads the same configuration
        if self._boto_session.region_name:
            given["AWS_DEFAULT_REGION"] = self._boto_session.region_name
        credentials = self._boto_session.get_credentials()
        if credentials is not None:
            frozen = credentials.get_frozen_credentials()
            given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"] = frozen.access_key, frozen.secret_key
            if frozen.token:
                given["AWS_SESSION_TOKEN"] = frozen.token
        return given
