"""The scale of the loss in float16, whose smallest numbers are too large for many gradients."""

from __future__ import annotations

from collections.abc import Sequence

import torch

FIRST = 65536.0  # the numbers are those of PyTorch's GradScaler
GROWTH, BACKOFF = 2.0, 0.5
GROWS_AFTER = 2000  # steps without an overflow


class LossScale:
    """A number that the loss is multiplied by before the backward pass, and the gradients are divided by after it.

    It is halved where a gradient overflowed, which makes that step void, and doubled after 2000 steps without. The
    device decides: nothing waits for it. Processes that add up their gradients before they look at them decide alike.

    PyTorch's ``GradScaler`` is the same for PyTorch's own optimizers; it keeps its numbers where no checkpoint can be
    made of them without waiting for the device in each step.

    Args:
        device: where the gradients are.
    """

    def __init__(self, device: torch.device) -> None:
        self._scale = torch.full((), FIRST, device=device)
        self._good_steps = torch.zeros((), dtype=torch.int32, device=device)
        self._void_steps = torch.zeros((), dtype=torch.int64, device=device)

    def scaled(self, loss: torch.Tensor) -> torch.Tensor:
        """Returns the loss times the scale."""
        return loss * self._scale

    def take_off(self, gradients: Sequence[torch.Tensor]) -> torch.Tensor:
        """Divides the gradients by the scale, in place, and adapts the scale to what they are.

        Returns:
            Whether one of them overflowed, so that the step is void: 0 or 1, (), float32, on the device.
        """
        overflow = torch.zeros_like(self._scale)
        torch._amp_foreach_non_finite_check_and_unscale_(list(gradients), overflow, self._scale.reciprocal())
        torch._amp_update_scale_(self._scale, self._good_steps, overflow, GROWTH, BACKOFF, GROWS_AFTER)
        self._void_steps += overflow.long()
        return overflow

    def arrays(self) -> dict[str, torch.Tensor]:
        """Returns the tensors themselves that a checkpoint holds, by their names."""
        return {"scale": self._scale, "good_steps": self._good_steps, "void_steps": self._void_steps}

    def void_steps(self) -> int:
        """Returns how many steps were void so far; waits for the device."""
        return int(self._void_steps)
