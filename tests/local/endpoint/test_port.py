from __future__ import annotations

import pytest

from semseg.errors import PlatformError, UserError
from semseg.local.endpoint.port import open_serving_socket, serving_port


def test_a_free_port_is_taken_where_nobody_asks_for_one() -> None:
    assert serving_port(None, {}) is None
    assert serving_port({"local": {}}, {"SEMSEG_SERVING_PORT": ""}) is None


def test_the_session_goes_before_the_environment() -> None:
    environment = {"SEMSEG_SERVING_PORT": "8081"}
    assert serving_port(None, environment) == 8081
    assert serving_port({"local": {"serving_port": 8080}}, environment) == 8080


@pytest.mark.parametrize("value", ["http", "0", "65536", "-1", "80.5"])
def test_what_is_no_port_is_refused(value: str) -> None:
    with pytest.raises(UserError, match=r"^The environment variable SEMSEG_SERVING_PORT must be a port"):
        serving_port(None, {"SEMSEG_SERVING_PORT": value})
    with pytest.raises(UserError, match=r"^serving_port must be a port"):
        serving_port({"local": {"serving_port": value}}, {})


def test_a_bad_address_is_refused_with_its_variable() -> None:
    with pytest.raises(PlatformError, match="SEMSEG_BIND_ADDRESS"):
        open_serving_socket(None, {"SEMSEG_BIND_ADDRESS": "127.0.0.1.1"})
