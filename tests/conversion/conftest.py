from tests.data.conftest import camvid

__all__ = ["camvid"]
