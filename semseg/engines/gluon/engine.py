"""The network and the engine on MXNet Gluon: what the segmenter asks and what the training loop trains."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon

from semseg.archive.mxnet_parameters import read_parameters, write_parameters
from semseg.contract.hyperparameters import Hyperparameters
from semseg.engines.engine import step_seed
from semseg.engines.gluon import optimizer_state, optimizers, runtime
from semseg.engines.gluon.as_numpy import AsNumpy
from semseg.engines.gluon.held_encoder import HeldEncoder
from semseg.engines.gluon.losses import LossSums
from semseg.engines.gluon.moving_average import MovingAverage
from semseg.engines.gluon.networks import build_network, initialize
from semseg.engines.gluon.running_statistics import RunningStatistics
from semseg.engines.gluon.start import take_fitting
from semseg.engines.group import shares
from semseg.engines.loss_terms import LossTerms, mean_of_sums, scales
from semseg.engines.normalization import normalize
from semseg.engines.out_of_memory import OutOfMemory, is_out_of_memory
from semseg.engines.parameter_shapes import check_parameters_fit
from semseg.engines.parts import PARTS, kept_parts, parts_again
from semseg.engines.start import Start
from semseg.errors import ModelError, UserError

STEPS_UNDER_WAY = 4  # how many steps the device may lag behind: enough to keep it busy, and memory stays bounded


@contextmanager
def _memory_told() -> Iterator[None]:
    """Raises OutOfMemory where MXNet has too little memory. It says so late, and what was computed meanwhile is lost:
    an engine that goes on was seen to crash.
    """
    try:
        yield
    except mx.MXNetError as error:
        if not is_out_of_memory(error):
            raise
        raise OutOfMemory(
            "MXNet cannot go on after a step ran out of memory; lower mini_batch_size or crop_size, or raise "
            "accumulate, which computes each mini-batch in so many parts"
        ) from error


class GluonNetwork:
    """A network with its parameters that returns probabilities or masks. Use it from one thread at a time."""

    def __init__(self, network: gluon.HybridBlock, num_classes: int, devices: list[mx.Context]) -> None:
        self.network = network
        self.num_classes = num_classes
        self.devices = devices

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Returns (N, C, H, W) float32, as :class:`semseg.engines.network.Network` promises."""
        return np.concatenate([part.asnumpy() for part in self._probabilities(images, size)])

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Returns (N, H, W) uint8: the first class of the highest probability."""
        parts = [mx.nd.argmax(part, axis=1).astype("uint8") for part in self._probabilities(images, size)]
        return np.concatenate([part.asnumpy() for part in parts])

    def _probabilities(self, images: np.ndarray, size: tuple[int, int]) -> list[mx.nd.NDArray]:
        shards = _split(normalize(images), self.devices[: len(images)])
        return [_resize(mx.nd.softmax(self._scores(shard), axis=1), size) for shard in shards]

    def _scores(self, images: mx.nd.NDArray) -> mx.nd.NDArray:
        scores = self.network(images)
        return scores[0] if isinstance(scores, (tuple, list)) else scores


class GluonEngine(GluonNetwork):
    """Trains a network, data parallel over ``devices``.

    Args:
        hyperparameters: say which network, and which optimizer.
        devices: the mini-batch is split over them; there must not be more of them than samples in it.

    Attributes:
        pretrained: what was taken of pretrained weights; None where there were none.
    """

    def __init__(self, hyperparameters: Hyperparameters, devices: list[mx.Context]) -> None:
        devices = _usable(devices, hyperparameters)
        self._seed = hyperparameters.seed
        mx.random.seed(self._seed)
        network = build_network(
            hyperparameters.algorithm,
            hyperparameters.backbone,
            hyperparameters.num_classes,
            aux=hyperparameters.aux_loss,
            sync_devices=len(devices) if hyperparameters.syncbn and len(devices) > 1 else 0,
        )
        initialize(network, devices, hyperparameters.seed)
        self._backbone = hyperparameters.backbone
        self.pretrained = _take_pretrained(network, hyperparameters)
        super().__init__(network, hyperparameters.num_classes, devices)
        self._terms = LossTerms.of(hyperparameters)
        self._loss = LossSums(network, self._terms, hyperparameters.aux_weight, devices)
        self._encoder = HeldEncoder(network, hyperparameters.freeze_backbone_epochs, hyperparameters.freeze_batch_norm)
        self._compile()
        self._average: MovingAverage | None = None
        if hyperparameters.ema_decay:
            self._average = MovingAverage(network._collect_params_with_prefix(), hyperparameters.ema_decay)
        self._longest_gradient = hyperparameters.gradient_clip
        self._trainer = optimizers.make(network, hyperparameters)
        self._under_way: deque[list[mx.nd.NDArray]] = deque(maxlen=STEPS_UNDER_WAY)
        self._loss_sums, self._denominators = self._no_loss()
        self._first_step = True
        self._statistics = RunningStatistics(network)
        self._accumulate = hyperparameters.accumulate
        self.parts = hyperparameters.accumulate

    @property
    def parts(self) -> int:
        """In how many parts each device computes its share of a batch; never more than it has samples.

        MXNet cannot go on after it ran out of memory, so that this number stays as it was set.
        """
        return self._parts

    @parts.setter
    def parts(self, parts: int) -> None:
        self._parts = parts
        for parameter in self._trained():
            parameter.grad_req = "add" if parts > 1 else "write"

    def _take_up_encoder(self) -> None:
        """Makes the step that of the parameters which are trained from here on."""
        self._compile()
        self.parts = self._parts

    def _trained(self) -> list[gluon.Parameter]:
        return [each for each in self.network.collect_params().values() if each.grad_req != "null"]

    @_memory_told()
    def step(self, images: np.ndarray, masks: np.ndarray, learning_rate: float) -> None:
        """Updates the parameters once. Returns before the devices have finished.

        Args:
            images: (N, H, W, 3) uint8, RGB; N at least the number of devices.
            masks: (N, H, W) uint8 class ids, 255 = ignore.
            learning_rate: for the backbone; heads take ten times this.
        """
        if len(self._under_way) == STEPS_UNDER_WAY:
            for loss in self._under_way.popleft():
                loss.wait_to_read()
        denominators = self._terms.denominators(masks)
        shards = _split(normalize(images), self.devices), _split(masks.astype(np.float32), self.devices)
        losses = self._gradients(*shards, scales(denominators))
        self._trainer.set_learning_rate(learning_rate)
        if self._first_step:
            self._settle()  # the trainer now hands device 0's values to all, running statistics included
            self._first_step = False
        optimizers.move(self._trainer, float(denominators[0]) or 1, self._longest_gradient)
        if self._average is not None:
            self._settle()
            self._average.update()
        for parameter in self._trained() if self.parts > 1 else ():
            parameter.zero_grad()
        self._loss_sums = [total + loss for total, loss in zip(self._loss_sums, losses)]
        self._denominators += denominators
        self._under_way.append(losses)

    def _gradients(
        self, images: list[mx.nd.NDArray], masks: list[mx.nd.NDArray], scales: np.ndarray
    ) -> list[mx.nd.NDArray]:
        """Adds up the gradients of all parts, and returns the sums of each device's loss, (T,)."""
        parts = min(self.parts, *map(len, images))
        if parts == 1:
            return self._backward(images, masks, scales)
        totals: list[mx.nd.NDArray] = []
        self._statistics.begin()
        for number in range(parts):
            pieces = [[array[shares(len(array), parts)[number]] for array in arrays] for arrays in (images, masks)]
            losses = self._backward(pieces[0], pieces[1], scales)
            self._statistics.add()
            totals = [total + loss for total, loss in zip(totals, losses)] if totals else losses
        self._statistics.update(parts)
        return totals

    def _backward(
        self, images: list[mx.nd.NDArray], masks: list[mx.nd.NDArray], scales: np.ndarray
    ) -> list[mx.nd.NDArray]:
        with autograd.record():
            losses = [self._loss(*shard) for shard in zip(images, masks)]
        autograd.backward(losses, [mx.nd.array(scales, ctx=device) for device in self.devices[: len(losses)]])
        return [loss.detach() for loss in losses]

    @_memory_told()
    def take_loss(self) -> float:
        """Returns the mean loss since the last call; waits for the devices."""
        self._settle()
        loss = mean_of_sums(sum(each.asnumpy().astype(np.float64) for each in self._loss_sums), self._denominators)
        self._loss_sums, self._denominators = self._no_loss()
        return loss

    @_memory_told()
    def own_state(self) -> dict[str, np.ndarray]:
        """Returns the sums of the loss's terms on each device since it was taken, and the denominators."""
        self._settle()
        sums = [each.asnumpy().astype(np.float64) for each in self._loss_sums]
        parts = kept_parts(self.parts, self._accumulate)
        return {"loss": np.concatenate([*sums, self._denominators]), PARTS: parts}

    def take_own_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Takes up sums of the loss, those of all devices where their number has changed."""
        *sums, denominators = state["loss"].reshape(-1, len(self._terms.names))
        if len(sums) != len(self.devices):
            sums = [np.sum(sums, axis=0), *np.zeros((len(self.devices) - 1, len(denominators)))]
        self._loss_sums = [mx.nd.array(each, ctx=device) for each, device in zip(sums, self.devices)]
        self._denominators = denominators.copy()
        self.parts = parts_again(self.parts, self._accumulate, state)

    def averaged(self) -> AbstractContextManager[None]:
        """Lets the network have the moving averages of its parameters while the block runs, if the job keeps any."""
        self._settle()
        return nullcontext() if self._average is None else self._average.in_place()

    def save(self, path: Path, forced: bool = True) -> None:
        """Writes the parameters under GluonCV's names, whole or not at all."""
        self._settle()
        write_parameters(path, AsNumpy(self.network._collect_params_with_prefix(), _mean_over_devices), forced)

    def load(self, path: Path) -> None:
        """Takes the values of a file that :meth:`save` wrote or GluonCV's own class saved; the moving averages begin
        anew.
        """
        self._settle()
        load_parameters(self.network, path)
        if self._average is not None:
            self._average.forget()

    def start_from(self, path: Path) -> Start:
        """Takes of a saved file what fits, as :class:`semseg.engines.engine.Engine` promises."""
        self._settle()
        return take_fitting(self.network, self._backbone, path.name, read_parameters(path))

    def begin_step(self, epoch: int, step: int) -> None:
        """Seeds the dropout of a step; what the devices still have to do of the steps before keeps their own. Holds the
        encoder or lets it go, as the epoch has it.
        """
        mx.random.seed(step_seed(self._seed, epoch, step))
        if self._encoder.begin(epoch):
            self._take_up_encoder()

    def save_optimizer(self, path: Path, kept: Mapping[str, np.ndarray] | None = None) -> None:
        """Writes what the optimizer remembers of earlier steps, the moving averages, and the arrays that are kept with
        it.
        """
        self._settle()
        averages = {} if self._average is None else self._average.arrays()
        optimizer_state.save(self._trainer, path, {**(kept or {}), **averages})

    def load_optimizer(self, path: Path) -> dict[str, np.ndarray]:
        """Takes up what :meth:`save_optimizer` wrote for the same network and optimizer; parameters are loaded first.

        Raises:
            ModelError: the file is not of this network and optimizer.
        """
        self._settle()
        if self._encoder.let_go():
            self._take_up_encoder()
        kept = optimizer_state.load(self._trainer, path, self._encoder.may_be_held)
        return kept if self._average is None else self._average.take(kept, path.name)

    def finish(self) -> None:
        """Waits for all work on all devices; without it the process may hang at its end."""
        self._settle()

    def _probabilities(self, images: np.ndarray, size: tuple[int, int]) -> list[mx.nd.NDArray]:
        self._settle()
        return super()._probabilities(images, size)

    def _compile(self) -> None:
        """Lets what a step computes be compiled when it is computed next."""
        self._loss.hybridize(static_alloc=True, static_shape=True)
        self.network.hybridize(False)  # pictures to score have many sizes; a compiled network keeps memory for each

    def _no_loss(self) -> tuple[list[mx.nd.NDArray], np.ndarray]:
        """Returns the sums of the loss's terms on each device, (T,), and their denominators, (T,), before any step."""
        terms = len(self._terms.names)
        return [mx.nd.zeros((terms,), ctx=device) for device in self.devices], np.zeros(terms)

    @_memory_told()
    def _settle(self) -> None:
        """Waits for the last step. Batch norm changes its running statistics unseen by MXNet's scheduler, so that
        reading them does not wait by itself.
        """
        mx.nd.waitall()


def load_network(
    algorithm: str, backbone: str, num_classes: int, parameters: Path, instance_type: str = ""
) -> GluonNetwork:
    """Returns a network for serving, on the first device of the instance type.

    Args:
        parameters: a file as ``model_best.params``, written by semseg, by AWS's algorithm or by GluonCV.

    Raises:
        ModelError: where the file's parameters are not those of this network.
    """
    device = runtime.devices(instance_type)[0]
    network = build_network(algorithm, backbone, num_classes, aux=False)
    initialize(network, [device])
    load_parameters(network, parameters)
    return GluonNetwork(network, num_classes, [device])


def _mean_over_devices(parameter: gluon.Parameter) -> np.ndarray:
    values = parameter.data() if len(parameter.list_ctx()) == 1 else parameter._reduce()
    array: np.ndarray = values.asnumpy()
    return array


def load_parameters(network: gluon.HybridBlock, path: Path) -> None:
    """Fills ``network`` from a parameter file; an auxiliary head in the file that the network does not have is left
    out.
    """
    try:
        found = mx.nd.load(str(path))
    except mx.MXNetError as error:
        raise ModelError(f"{path.name} is not a file of MXNet parameters, or it is cut off") from error
    values = found if isinstance(found, dict) else {}
    values = {name.split(":", 1)[-1]: value for name, value in values.items()}
    wanted = network._collect_params_with_prefix()
    check_parameters_fit(path.name, {n: v.shape for n, v in values.items()}, {n: p.shape for n, p in wanted.items()})
    for name, parameter in wanted.items():
        parameter.set_data(values[name])


def _take_pretrained(network: gluon.HybridBlock, hyperparameters: Hyperparameters) -> Start | None:
    """Gives the network what fits it of the weights that a job asks for, and returns what that is."""
    if not hyperparameters.use_pretrained_model:
        return None
    from semseg.engines.encoder_weights.encoder import (
        pretrained_weights,
    )  # not at the top: serving needs no such weights

    file, values = pretrained_weights(hyperparameters.backbone, hyperparameters.pretrained_weights)
    return take_fitting(network, hyperparameters.backbone, str(file), values)


def _usable(devices: list[mx.Context], hyperparameters: Hyperparameters) -> list[mx.Context]:
    if len(devices) > hyperparameters.mini_batch_size:
        raise UserError(
            f"mini_batch_size must be at least the number of devices, {len(devices)}, "
            f"got {hyperparameters.mini_batch_size}: each device takes its share of the batch"
        )
    return devices


def _split(array: np.ndarray, devices: list[mx.Context]) -> list[mx.nd.NDArray]:
    return gluon.utils.split_and_load(mx.nd.array(array, dtype=array.dtype), devices, even_split=False)


def _resize(probabilities: mx.nd.NDArray, size: tuple[int, int]) -> mx.nd.NDArray:
    if probabilities.shape[2:] == tuple(size):
        return probabilities
    return mx.nd.contrib.BilinearResize2D(probabilities, height=size[0], width=size[1])
