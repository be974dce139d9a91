# Copyright (c) mmfer contributors.
from typing import Any, Dict, Tuple

import torch
from mmpretrain.models.backbones import ResNet
from mmpretrain.models.backbones.resnet import BasicBlock, Bottleneck
from torch import nn
from torch.utils.checkpoint import checkpoint

from mmfer.registry import MODELS
from ..layers.cbam import CBAM

_PLACES = ('blocks', 'end')


class _CBAMBlock:
    """A residual block with attention at the end of its branch."""

    number_convs: int

    def __init__(self, *args: Any, cbam: Dict[str, Any],
                 **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cbam = CBAM(self.out_channels, **cbam)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.with_cp and x.requires_grad:
            return checkpoint(self._forward, x, use_reentrant=False)
        return self._forward(x)

    def _forward(self, x: torch.Tensor) -> torch.Tensor:
        out = x
        for i in range(1, self.number_convs + 1):
            out = getattr(self, f'norm{i}')(getattr(self, f'conv{i}')(out))
            if i < self.number_convs:
                out = self.relu(out)
        out = self.drop_path(self.cbam(out))
        identity = x if self.downsample is None else self.downsample(x)
        return self.relu(out + identity)


class CBAMBasicBlock(_CBAMBlock, BasicBlock):
    """MMPretrain's block of two 3x3 convolutions with CBAM."""
    number_convs = 2


class CBAMBottleneck(_CBAMBlock, Bottleneck):
    """MMPretrain's bottleneck of three convolutions with CBAM."""
    number_convs = 3


@MODELS.register_module()
class CBAMResNet(ResNet):
    """A ResNet with attention to channels and positions.

    From `CBAM <https://arxiv.org/abs/1807.06521>`_. The attention stands in
    every residual block, after its last normalisation and before the
    addition. Weights of a plain ResNet of the same depth fit all other
    layers.

    Args:
        depth (int): 18, 34, 50, 101 or 152. Defaults to 18.
        reduction (int): Of the channel gates. Defaults to 16.
        place (str): ``'blocks'``, or ``'end'`` for one attention on the last
            map alone. Defaults to ``'blocks'``.
        start (float): Value of the gates at the start, see
            :class:`~mmfer.models.layers.CBAM`. Defaults to 0.5, as in the
            released code; a quarter of each branch passes. For weights of a
            plain ResNet take a value near 1, such as 0.95.
        zero_init_residual (bool): Defaults to False, as the released code.
        **kwargs: See ``mmpretrain.models.ResNet``.

    Raises:
        ValueError: If the place is unknown.
    """

    blocks = {BasicBlock: CBAMBasicBlock, Bottleneck: CBAMBottleneck}

    def __init__(self,
                 depth: int = 18,
                 reduction: int = 16,
                 place: str = 'blocks',
                 start: float = 0.5,
                 zero_init_residual: bool = False,
                 **kwargs: Any) -> None:
        if place not in _PLACES:
            raise ValueError(f'place must be one of {_PLACES}, got {place!r}')
        self.place = place
        self.attention = dict(reduction=reduction, start=start)
        super().__init__(
            depth, zero_init_residual=zero_init_residual, **kwargs)
        if place == 'end':
            self.cbam = CBAM(self.feat_dim, **self.attention)

    def make_res_layer(self, block: type, **kwargs: Any) -> nn.Sequential:
        """One stage, see ``mmpretrain.models.ResNet``."""
        if self.place == 'blocks':
            block = self.blocks[block]
            kwargs.update(cbam=self.attention)
        return super().make_res_layer(block=block, **kwargs)

    def init_weights(self) -> None:
        """Initialise; loaded weights are left as they are."""
        super().init_weights()
        if (isinstance(self.init_cfg, dict)
                and self.init_cfg['type'] == 'Pretrained'):
            return
        for module in self.modules():
            if isinstance(module, CBAM):
                module.init_weights()

    def forward(self, x: torch.Tensor) -> Tuple[torch.Tensor, ...]:
        """Feature maps of the stages ``out_indices``.

        Args:
            x (Tensor): Images, ``(N, 3, H, W)``.
        """
        feats = super().forward(x)
        if self.place == 'end':
            feats = (*feats[:-1], self.cbam(feats[-1]))
        return feats
