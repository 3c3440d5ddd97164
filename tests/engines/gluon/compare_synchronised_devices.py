"""Prints, as JSON, how a step on two devices with and without synchronised batch norm differs from a step on one."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from tests.engines.gluon.test_engine import Values, engine_on, masks_with_holes, update_differences, values
from tests.engines.gluon.test_networks import random_pictures


def main() -> None:
    contrasts = np.linspace(0.25, 1, 4, dtype=np.float32).reshape(4, 1, 1, 1)
    images = (random_pictures(4, 32, 32) * contrasts).astype(np.uint8)
    results = {}
    start = {}
    for name, devices, syncbn in (("one", 1, "True"), ("with", 2, "True"), ("without", 2, "False")):
        engine = engine_on(devices, mini_batch_size="4", syncbn=syncbn)
        start = values(engine)
        engine.step(images, masks_with_holes(4), 0.0001)
        results[name] = (engine.take_loss(), values(engine))
    compared = {"loss_of_one": results["one"][0]}
    for name in ("with", "without"):
        compared[f"loss_{name}"] = results[name][0]
        compared[f"statistics_{name}"] = worst(results, name, start, ".running_var")
        compared[f"head_update_{name}"] = worst(results, name, start, "head.block.4.bias")
    print(json.dumps(compared))


def worst(results: Mapping[str, tuple[float, Values]], name: str, start: Values, suffix: str) -> float:
    """The largest relative difference of update among the parameters whose names end so."""
    ours, others = ({n: v for n, v in results[who][1].items() if n.endswith(suffix)} for who in ("one", name))
    return max(update_differences(ours, others, start))


if __name__ == "__main__":
    main()
