"""The network and the engine on PyTorch: what the segmenter asks and what the training loop trains."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import torch

from semseg.archive.mxnet_parameters import read_parameters, write_parameters
from semseg.contract.hyperparameters import Hyperparameters
from semseg.engines.engine import step_seed
from semseg.engines.group import ALONE, Group, gathered, shares
from semseg.engines.loss_terms import LossTerms, divisors, mean_of_sums
from semseg.engines.network import HEADS
from semseg.engines.normalization import FACTOR, OFFSET
from semseg.engines.out_of_memory import OutOfMemory, is_out_of_memory
from semseg.engines.parts import PARTS, kept_parts, parts_again
from semseg.engines.pytorch import optimizers, parameters
from semseg.engines.pytorch.batch_norm import BatchNorm, RunningStatistics
from semseg.engines.pytorch.compiler import check_compiler
from semseg.engines.pytorch.devices import computation_type, memory_format
from semseg.engines.pytorch.gradient_sum import GradientSum
from semseg.engines.pytorch.held_encoder import HeldEncoder
from semseg.engines.pytorch.initial_values import initial_values
from semseg.engines.pytorch.loss_scale import LossScale
from semseg.engines.pytorch.losses import TermSums
from semseg.engines.pytorch.moving_average import MovingAverage
from semseg.engines.pytorch.network import SegmentationNetwork, build_network, resized_to
from semseg.engines.pytorch.process_group import ProcessGroup
from semseg.engines.pytorch.settings import fastest_convolutions
from semseg.engines.pytorch.tensor_sums import average, sum_over
from semseg.engines.start import Start


class PyTorchNetwork:
    """A network with its parameters that returns probabilities or masks. Use it from one thread at a time.

    Args:
        network: has its values, and is on the device.
        compute: the type that convolutions are computed in.
    """

    def __init__(
        self, network: SegmentationNetwork, num_classes: int, device: torch.device, compute: torch.dtype = torch.float32
    ) -> None:
        self._memory_format = memory_format(device, compute)
        self.network = network.to(memory_format=self._memory_format)  # type: ignore[call-overload]
        self.num_classes = num_classes
        self.device = device
        self._compute = compute
        self._factor, self._offset = (torch.from_numpy(each).to(device)[:, None, None] for each in (FACTOR, OFFSET))

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Returns (N, C, H, W) float32, as :class:`semseg.engines.network.Network` promises."""
        return self._probabilities(images, size).cpu().numpy()

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Returns (N, H, W) uint8: the first class of the highest probability."""
        return self._probabilities(images, size).argmax(dim=1).to(torch.uint8).cpu().numpy()

    @torch.inference_mode()
    def _probabilities(self, images: np.ndarray, size: tuple[int, int]) -> torch.Tensor:
        self.network.eval()
        with self._autocast():
            scores, _ = self.network(self._normalized(self._on_device(images)))
        return resized_to(scores.softmax(dim=1), size).contiguous()

    def _normalized(self, images: torch.Tensor) -> torch.Tensor:
        """Returns the normalised pictures, (N, 3, H, W) float32, of those that travelled to the device as bytes."""
        pixels = images.permute(0, 3, 1, 2).to(torch.float32, memory_format=self._memory_format)
        return pixels.mul_(self._factor).add_(self._offset)

    def _on_device(self, array: np.ndarray) -> torch.Tensor:
        """Returns the array on the device. On CUDA it travels while the processor goes on."""
        tensor = torch.from_numpy(np.require(array, requirements=["C", "W"]))
        if self.device.type == "cuda":
            return tensor.pin_memory().to(self.device, non_blocking=True)
        return tensor.to(self.device)

    def _autocast(self) -> torch.autocast:
        is_needed = self._compute != torch.float32
        return torch.autocast(self.device.type, self._compute if is_needed else None, enabled=is_needed)


class PyTorchEngine(PyTorchNetwork):
    """Trains a network on one device, alone or together with the processes of a group.

    Args:
        hyperparameters: say which network, which optimizer and which precision.
        device: of this process.
        group: the processes that train the same network.

    Attributes:
        pretrained: what was taken of pretrained weights; None where there were none.
    """

    compiler_backend = "inductor"

    def __init__(self, hyperparameters: Hyperparameters, device: torch.device, group: Group = ALONE) -> None:
        network = build_network(
            hyperparameters.algorithm,
            hyperparameters.backbone,
            hyperparameters.num_classes,
            aux=hyperparameters.aux_loss,
        ).to_empty(device=device)
        parameters.fill(network, initial_values(network, hyperparameters.seed))
        self._backbone = hyperparameters.backbone
        self.pretrained = _take_pretrained(network, hyperparameters)
        compute = computation_type(hyperparameters.precision_dtype, device)
        super().__init__(network, hyperparameters.num_classes, device, compute)
        self._group = group
        self._seed = hyperparameters.seed
        self._aux_weight = hyperparameters.aux_weight
        self.parts = self._accumulate = hyperparameters.accumulate
        self._encoder = HeldEncoder(network, hyperparameters.freeze_backbone_epochs, hyperparameters.freeze_batch_norm)
        scale = LossScale(device) if compute == torch.float16 else None
        self._optimizer = optimizers.make(hyperparameters, *_encoder_and_heads(network), scale)
        self._running_statistics = RunningStatistics(_norms(network))
        self._average: MovingAverage | None = None
        if hyperparameters.ema_decay:
            self._average = MovingAverage(parameters.named_tensors(network), hyperparameters.ema_decay)
        self._terms = LossTerms.of(hyperparameters)
        self._term_sums = TermSums(self._terms, device)
        self._loss_sums = torch.zeros(len(self._terms.names), device=device)
        self._denominators = np.zeros(len(self._terms.names))
        self._training_loss = self._loss
        self._gradient_sum: GradientSum | None = None
        self._is_synchronised = False
        if isinstance(group, ProcessGroup):
            self._gradient_sum = GradientSum(_trained(network), group)
            self._is_synchronised = hyperparameters.syncbn
            for norm in _norms(network) if hyperparameters.syncbn else ():
                norm.sum_over_group = sum_over(group)
        if hyperparameters.compile:
            self._compile()
        self.begin_step(0, 0)

    def step(self, images: np.ndarray, masks: np.ndarray, learning_rate: float) -> None:
        """Updates the parameters once, as :class:`semseg.engines.engine.Engine` promises; does not wait for the
        device.
        """
        denominators = self._group.sum(self._terms.denominators(masks))
        self.network.train()
        while (sums := self._gradients(images, masks, denominators)) is None:
            self._split_further(len(images))
        self._running_statistics.update()
        self._optimizer.step(learning_rate, self._encoder.is_held)
        if self._average is not None:
            self._average.update()
        self._loss_sums += sums
        self._denominators += denominators

    def _gradients(self, images: np.ndarray, masks: np.ndarray, denominators: np.ndarray) -> torch.Tensor | None:
        """Leaves the gradients of the whole batch on the parameters, and returns the sums of this process's loss, (T,);
        leaves none and returns None where a process of the group ran out of memory.
        """
        sums = None
        try:
            sums = self._in_parts(images, masks, denominators)
        except (RuntimeError, MemoryError) as error:
            # processes that add up batch norm's statistics are left waiting for this one in the middle of a layer
            if self._is_synchronised or not is_out_of_memory(error):
                raise
        if sums is None:
            self._drop_gradients()
        if self._gradient_sum is not None:
            self._gradient_sum.finish()
        if self._group.sum(np.array([int(sums is None)]))[0] == 0:
            return sums
        self._drop_gradients()
        self._running_statistics.forget()
        return None

    def _in_parts(self, images: np.ndarray, masks: np.ndarray, denominators: np.ndarray) -> torch.Tensor:
        """Adds up the gradients of all parts on the parameters, and returns the sums of their losses, (T,)."""
        total = torch.zeros_like(self._loss_sums)
        *earlier, last = shares(len(images), self.parts)
        with fastest_convolutions():
            for part in earlier:
                self._send_gradients(False)
                total += self._backward(images[part], masks[part], denominators)
                self._running_statistics.add()
            self._send_gradients(True)
            return total + self._backward(images[last], masks[last], denominators)

    def _backward(self, images: np.ndarray, masks: np.ndarray, denominators: np.ndarray) -> torch.Tensor:
        training_loss = self._training_loss if len(images) else self._loss  # no sample is not worth compiling for
        sums = training_loss(self._on_device(images), self._on_device(masks))
        self._optimizer.scaled(_mean_of_sums(sums, denominators)).backward()
        return sums.detach()

    def _send_gradients(self, is_last_part: bool) -> None:
        if self._gradient_sum is not None:
            self._gradient_sum.is_last_part = is_last_part

    def _drop_gradients(self) -> None:
        for parameter in self.network.parameters():
            parameter.grad = None

    def _split_further(self, samples: int) -> None:
        """Prepares for another attempt at a step in twice as many parts, with the same dropout.

        Args:
            samples: of this process's share.
        """
        most = max(gathered(samples, self._group))
        if self.parts >= most:
            raise OutOfMemory(
                "a step runs out of memory even with one sample at a time: lower crop_size, or free some memory"
            )
        self.parts = min(2 * self.parts, most)
        gc.collect()  # tensors in reference cycles keep their memory until then
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        torch.manual_seed(self._step_seed)

    def take_loss(self) -> float:
        """Returns the mean loss since the last call; waits for the device.

        In a group, the running statistics of batch norm become the means of those of all processes, each of which saw
        its share of the batches. So all of them score the network that the first one saves.
        """
        if isinstance(self._group, ProcessGroup):
            average(self._statistics(), self._group)
            self._wait_for_group(self._group)
        loss = mean_of_sums(self._group.sum(self._sums_so_far()), self._denominators)
        self._loss_sums.zero_()
        self._denominators = np.zeros_like(self._denominators)
        return loss

    def begin_step(self, epoch: int, step: int) -> None:
        """Seeds the dropout of a step, which differs from process to process, and holds the encoder or lets it go."""
        self._step_seed = step_seed(self._seed, epoch, step, self._group.rank)
        torch.manual_seed(self._step_seed)
        has_changed = self._encoder.begin(epoch)
        if has_changed and self._gradient_sum is not None and isinstance(self._group, ProcessGroup):
            self._gradient_sum.close()
            self._gradient_sum = GradientSum(_trained(self.network), self._group)

    def own_state(self) -> dict[str, np.ndarray]:
        """Returns the sums of the loss's terms since it was taken, and their denominators over the whole group; in a
        group also the running statistics of batch norm.
        """
        state: dict[str, np.ndarray] = {}
        if isinstance(self._group, ProcessGroup):
            self._wait_for_group(self._group)
            state["statistics"] = torch.cat([each.flatten() for each in self._statistics()]).cpu().numpy()
        state[PARTS] = kept_parts(self.parts, self._accumulate)
        return {**state, "loss": np.concatenate([self._sums_so_far(), self._denominators])}

    @torch.no_grad()
    def take_own_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Takes up what :meth:`own_state` returned."""
        sums, denominators = state["loss"].reshape(2, -1)
        self._loss_sums.copy_(torch.from_numpy(sums))
        self._denominators = denominators.copy()
        self.parts = parts_again(self.parts, self._accumulate, state)
        if "statistics" in state:
            statistics = self._statistics()
            parts = torch.from_numpy(state["statistics"]).split([each.numel() for each in statistics])
            for tensor, part in zip(statistics, parts):
                tensor.copy_(part.view_as(tensor))

    def averaged(self) -> AbstractContextManager[None]:
        """Lets the network have the moving averages of its parameters while the block runs, if the job keeps any."""
        return nullcontext() if self._average is None else self._average.in_place()

    def save(self, path: Path, forced: bool = True) -> None:
        """Writes the parameters under GluonCV's names, whole or not at all."""
        write_parameters(path, parameters.arrays(self.network), forced)

    def load(self, path: Path) -> None:
        """Takes the values of a file that any engine saved, or GluonCV's own class; the moving averages begin anew."""
        parameters.load(self.network, path)
        if self._average is not None:
            self._average.forget()

    def start_from(self, path: Path) -> Start:
        """Takes of a saved file what fits, as :class:`semseg.engines.engine.Engine` promises."""
        return parameters.take_fitting(self.network, self._backbone, path.name, read_parameters(path))

    def save_optimizer(self, path: Path, kept: Mapping[str, np.ndarray] | None = None) -> None:
        """Writes what the optimizer remembers of earlier steps, the moving averages, and the arrays that are kept with
        it.
        """
        averages = {} if self._average is None else self._average.arrays()
        self._optimizer.save(path, {**(kept or {}), **averages})

    def load_optimizer(self, path: Path) -> dict[str, np.ndarray]:
        """Takes up what :meth:`save_optimizer` wrote for the same network and optimizer.

        Raises:
            ModelError: the file is not of this network and optimizer.
        """
        kept = self._optimizer.load(path)
        return kept if self._average is None else self._average.take(kept, path.name)

    def finish(self) -> None:
        """Waits for all work on the device."""
        self._sums_so_far()

    def _sums_so_far(self) -> np.ndarray:
        """Returns the sums of the loss's terms since it was taken, (T,) float64; waits for the device."""
        return self._loss_sums.cpu().numpy().astype(np.float64)

    def _statistics(self) -> list[torch.Tensor]:
        """Returns what differs from process to process: the running statistics of batch norm themselves, float32, and
        their moving averages.
        """
        own = [values for norm in _norms(self.network) for values in (norm.running_mean, norm.running_var)]
        return own if self._average is None else [*own, *self._average.of(own)]

    def _wait_for_group(self, group: ProcessGroup) -> None:
        """Waits for the device, whose work may hang on other processes; raises GroupEnded if one has ended."""
        if self.device.type == "cuda":
            done = torch.cuda.Event()
            done.record()
            group.wait_until(done.query)

    def _compile(self) -> None:
        """Compiles what a step computes. The network itself stays as it is, and answers pictures of any size.

        Sums over the group stay out of it, for they wait for other processes.
        """
        check_compiler(self.device)
        self._training_loss = torch.compile(self._loss, dynamic=False, backend=self.compiler_backend)
        for norm in _norms(self.network):
            if norm.sum_over_group is not None:
                norm.sum_over_group = torch.compiler.disable(norm.sum_over_group)

    def _loss(self, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """Returns the sum of each term of the loss, (T,), of (N, H, W, 3) and (N, H, W) uint8 on the device."""
        with self._autocast():
            scores, auxiliary = self.network(self._normalized(images))
        sums = self._term_sums(scores, masks)
        return sums if auxiliary is None else sums + self._aux_weight * self._term_sums(auxiliary, masks)


def _norms(network: SegmentationNetwork) -> list[BatchNorm]:
    return [module for module in network.modules() if isinstance(module, BatchNorm)]


def _trained(network: SegmentationNetwork) -> list[torch.nn.Parameter]:
    return [parameter for parameter in network.parameters() if parameter.requires_grad]


def load_network(algorithm: str, backbone: str, num_classes: int, path: Path, device: torch.device) -> PyTorchNetwork:
    """Returns a network for serving.

    Args:
        path: a file as ``model_best.params``, written by semseg, by AWS's algorithm or by GluonCV.

    Raises:
        ModelError: where the file's parameters are not those of this network.
    """
    network = build_network(algorithm, backbone, num_classes, aux=False).to_empty(device=device)
    parameters.load(network, path)
    return PyTorchNetwork(network.requires_grad_(False), num_classes, device)


def _mean_of_sums(sums: torch.Tensor, denominators: np.ndarray) -> torch.Tensor:
    """Returns the loss, (), of which these are the sums of the terms, (T,), and their denominators, (T,)."""
    return torch.stack([total / divisor for total, divisor in zip(sums, divisors(denominators))]).sum()


def _take_pretrained(network: SegmentationNetwork, hyperparameters: Hyperparameters) -> Start | None:
    """Gives the network what fits it of the weights that a job asks for, and returns what that is."""
    if not hyperparameters.use_pretrained_model:
        return None
    from semseg.engines.encoder_weights.encoder import (
        pretrained_weights,
    )  # not at the top: serving needs no such weights

    file, values = pretrained_weights(hyperparameters.backbone, hyperparameters.pretrained_weights)
    return parameters.take_fitting(network, hyperparameters.backbone, str(file), values)


def _encoder_and_heads(network: SegmentationNetwork) -> tuple[list[torch.nn.Parameter], list[torch.nn.Parameter]]:
    named = [(name, parameter) for name, parameter in network.named_parameters() if parameter.requires_grad]
    heads = [parameter for name, parameter in named if name.startswith(HEADS)]
    return [parameter for name, parameter in named if not name.startswith(HEADS)], heads
