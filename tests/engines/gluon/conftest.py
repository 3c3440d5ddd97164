import pytest


@pytest.fixture(scope="session")
def mx():
    """MXNet, made importable first."""
    import mxnet

    return mxnet
