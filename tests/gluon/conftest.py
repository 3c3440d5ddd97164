import pytest


@pytest.fixture(scope="session")
def mx():
    """MXNet, made importable first."""
    from semseg.gluon import runtime

    runtime.prepare()
    import mxnet

    return mxnet
