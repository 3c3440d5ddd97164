"""numpy's float32 matrix product on this machine. Each "picture" of a turn is one product.

python -m benchmarks.contenders.matrix_product 3072
"""

from __future__ import annotations

import sys

import numpy as np

from benchmarks.contenders.turns import Turns


def main(side: str) -> None:
    turns = Turns()
    rng = np.random.default_rng(0)
    left, right = (rng.standard_normal((int(side), int(side)), np.float32) for _ in range(2))
    product = np.empty_like(left)
    turns.take(lambda _: np.matmul(left, right, out=product))


if __name__ == "__main__":
    main(*sys.argv[1:])
