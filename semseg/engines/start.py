"""Which parameters a network takes from a file of another network, and which it begins anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from semseg.engines.network import AUX_PREFIX
from semseg.errors import ModelError

Shapes = Mapping[str, tuple[int, ...]]

DECODERS = ("head.", AUX_PREFIX)
# The first layers of the encoder, and the two convolutions that read them. Ours, GluonCV's resnet50_v1s, begins with
# three convolutions of 3 x 3 and ends its stem with 128 channels, other ResNets have one of 7 x 7 and 64 channels.
STEM = ("conv1.", "bn1.", "layer1.0.conv1.", "layer1.0.bn1.", "layer1.0.downsample.")
_CONVOLUTIONS = {
    "conv1.0.weight": (64, 3, 3, 3),
    "conv1.3.weight": (64, 64, 3, 3),
    "conv1.6.weight": (128, 64, 3, 3),
    "layer1.0.conv1.weight": (64, 128, 1, 1),
    "layer1.0.downsample.0.weight": (256, 128, 1, 1),
}
_NORMS = {"conv1.1": 64, "conv1.4": 64, "bn1": 128, "layer1.0.bn1": 64, "layer1.0.downsample.1": 256}
OWN_STEM: Shapes = {
    **_CONVOLUTIONS,
    **{
        f"{name}.{kind}": (n,)
        for name, n in _NORMS.items()
        for kind in ("gamma", "beta", "running_mean", "running_var")
    },
}


@dataclass(frozen=True)
class Start:
    """Which parameters a network took from a file, all by GluonCV's names.

    Attributes:
        file: its name.
        taken: parameters that the network took.
        anew: parameters that the network keeps as they were drawn, because the file has none that fits.
        left_out: parameters of the file that the network has no place for.
    """

    file: str
    taken: tuple[str, ...]
    anew: tuple[str, ...]
    left_out: tuple[str, ...]


def start_from(file: str, backbone: str, found: Shapes, wanted: Shapes) -> Start:
    """Returns which parameters of a file a network takes.

    The encoder must be that of the network. Its stem alone may be another one, and is then drawn anew as a whole. A
    decoder is taken up to its first layer that does not fit: what comes after that layer knew only its old outputs.

    Args:
        file: its name, for the errors.
        backbone: of the network.
        found: the shapes in the file, by GluonCV's names.
        wanted: the shapes of the network, in the order in which data passes its layers.

    Raises:
        ModelError: the file holds another encoder, or what belongs to no network of ours.
    """
    anew = {*_stem_anew(found, wanted), *_decoders_anew(found, wanted)}
    taken = tuple(name for name in wanted if name not in anew)
    left_out = tuple(name for name in found if name not in wanted)
    known = DECODERS if not anew.intersection(_stem(wanted)) else (*DECODERS, *STEM)
    fault = _first_fault(taken, found, wanted) or _first_unknown(left_out, known)
    if fault:
        raise ModelError(f"{file} cannot fill a {backbone} encoder: {fault}")
    return Start(file, taken, tuple(name for name in wanted if name in anew), left_out)


def has_own_stem(found: Shapes) -> bool:
    """Returns whether a file holds the first layers of our encoders. Of such a file :func:`start_from` takes the
    encoder whole, or refuses it.
    """
    return all(_fits(name, found, OWN_STEM) for name in OWN_STEM)


def _stem(wanted: Shapes) -> list[str]:
    return [name for name in wanted if name.startswith(STEM)]


def _fits(name: str, found: Shapes, wanted: Shapes) -> bool:
    return name in found and tuple(found[name]) == tuple(wanted[name])


def _stem_anew(found: Shapes, wanted: Shapes) -> list[str]:
    """Returns the parameters of the stem where one of them does not fit."""
    stem = _stem(wanted)
    return [] if all(_fits(name, found, wanted) for name in stem) else stem


def _decoders_anew(found: Shapes, wanted: Shapes) -> Iterator[str]:
    """Yields the parameters of each decoder from the first one on that does not fit."""
    for prefix in DECODERS:
        fits = True
        for name in wanted:
            if name.startswith(prefix):
                fits = fits and _fits(name, found, wanted)
                if not fits:
                    yield name


def _first_fault(taken: tuple[str, ...], found: Shapes, wanted: Shapes) -> str:
    """Returns how the first parameter that must fit does not; "" if all do."""
    for name in taken:
        if name not in found:
            return f"it holds no {name!r}"
        if not _fits(name, found, wanted):
            return f"{name!r} must have the shape {tuple(wanted[name])}, got {tuple(found[name])}"
    return ""


def _first_unknown(left_out: tuple[str, ...], known: tuple[str, ...]) -> str:
    """Returns which parameter belongs to no part of a network; "" if none."""
    unknown = [name for name in left_out if not name.startswith(known)]
    return f"it holds {unknown[0]!r}, which such an encoder has not" if unknown else ""
