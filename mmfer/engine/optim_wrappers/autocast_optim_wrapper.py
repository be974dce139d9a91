# Copyright (c) mmfer contributors.
from contextlib import contextmanager
from typing import Any, Dict, Iterator, Optional

import torch
from mmengine.optim import OptimWrapper
from torch import nn
from torch.amp import GradScaler
from torch.distributed.fsdp import FullyShardedDataParallel

from mmfer.errors import ConfigError, RunError
from mmfer.registry import OPTIM_WRAPPERS

_DTYPES = dict(bfloat16=torch.bfloat16, float16=torch.float16)


@OPTIM_WRAPPERS.register_module()
class AutocastOptimWrapper(OptimWrapper):
    """Training in bfloat16 or float16 autocast on any device, also the CPU.

    MMEngine's ``AmpOptimWrapper`` refuses the CPU. Weights, gradients and
    optimiser state stay float32. bfloat16 has the range of float32 and needs
    no loss scaling. float16 does: the loss is scaled so that small gradients
    do not vanish, and a step whose gradients overflow is left out. The scale
    is part of the optimiser's state in checkpoints, under the key that
    ``AmpOptimWrapper`` uses; a checkpoint of another precision can be
    resumed, the scale then starts anew.

    Args:
        enabled (bool): Whether to autocast; False gives plain float32, to
            compare the two by one option. Defaults to True.
        dtype (str): ``'bfloat16'`` or ``'float16'``. Defaults to
            ``'bfloat16'``.
        loss_scale (dict, optional): Arguments of ``torch.amp.GradScaler``,
            such as ``dict(init_scale=1024.)``, for float16. Defaults to None,
            torch's own.
        **kwargs: See ``mmengine.optim.OptimWrapper``.

    Raises:
        ValueError: If the dtype is another one, or if ``loss_scale`` is given
            for bfloat16.
        RuntimeError: If a model sharded by FSDP is trained in float16.
    """

    def __init__(self,
                 enabled: bool = True,
                 dtype: str = 'bfloat16',
                 loss_scale: Optional[Dict[str, Any]] = None,
                 **kwargs: Any) -> None:
        if dtype not in _DTYPES:
            raise ConfigError('optim_wrapper.dtype must be one of '
                              f'{sorted(_DTYPES)}, got {dtype!r}',
                              hint='for float32 set '
                              'optim_wrapper.enabled=False')
        if loss_scale is not None and dtype != 'float16':
            raise ConfigError(f'optim_wrapper.loss_scale={loss_scale} is for '
                              f'float16 only, but dtype is {dtype!r}',
                              hint='leave it out')
        super().__init__(**kwargs)
        self.enabled = enabled
        self.cast_dtype = _DTYPES[dtype] if enabled else torch.float32
        device = self.optimizer.param_groups[0]['params'][0].device.type
        self.loss_scaler = GradScaler(
            device,
            enabled=self.cast_dtype == torch.float16,
            **(loss_scale or {}))

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Run the forward pass and the losses under autocast."""
        if self.loss_scaler.is_enabled() and isinstance(
                model, FullyShardedDataParallel):
            raise RunError('float16 under FSDP: each process would see the '
                           'overflows of its own shard only',
                           hint='optim_wrapper.dtype=bfloat16')
        device = next(model.parameters()).device.type
        with super().optim_context(model), torch.autocast(
                device, self.cast_dtype, enabled=self.enabled):
            yield

    def backward(self, loss: torch.Tensor, **kwargs: Any) -> None:
        """Compute the gradients, of the scaled loss in float16."""
        super().backward(self.loss_scaler.scale(loss), **kwargs)

    def step(self, **kwargs: Any) -> None:
        """Clip the true gradients, and step unless they have overflowed."""
        if self.clip_grad_kwargs:
            self.loss_scaler.unscale_(self.optimizer)
            self._clip_grad()
        self.loss_scaler.step(self.optimizer, **kwargs)
        self.loss_scaler.update()

    def state_dict(self) -> Dict[str, Any]:
        """The state of the optimiser and, in float16, of the loss scaler."""
        state = super().state_dict()
        if self.loss_scaler.is_enabled():
            state['loss_scaler'] = self.loss_scaler.state_dict()
        return state

    def load_state_dict(self, state_dict: Dict[str, Any]) -> None:
        """Load what :meth:`state_dict` gave, in any precision."""
        state_dict = dict(state_dict)
        scaler = state_dict.pop('loss_scaler', None)
        if scaler and self.loss_scaler.is_enabled():
            self.loss_scaler.load_state_dict(scaler)
        super().load_state_dict(state_dict)
