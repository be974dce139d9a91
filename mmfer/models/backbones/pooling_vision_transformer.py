# Copyright (c) mmfer contributors.
from typing import Any, Dict, Optional, Sequence, Tuple, Union

import torch
from mmpretrain.models.backbones import VisionTransformer
from torch import nn

from mmfer.errors import ConfigError
from mmfer.registry import MODELS
from ..layers.attentive_token_pooling import AttentiveTokenPooling
from ..layers.feature_map import feature_map
from ..layers.patch_exits import PatchExits
from ..layers.random_drop import HeadDropping
from ..layers.top_tokens import take_tokens


@MODELS.register_module()
class PoolingVisionTransformer(VisionTransformer):
    """A vision transformer that leaves more and more patches out.

    MMPretrain's ``VisionTransformer`` with the two poolings of `APViT
    <https://arxiv.org/abs/2212.05463>`_: of the patches before the first
    layer, and of the tokens within layers. Its weights have the names of
    MMPretrain's; without pooling it computes the same.

    It is a backbone for images, or a neck for the feature map of a CNN: give
    then the size of the map as ``img_size``, its channels as ``in_channels``
    and 1 as ``patch_size``.

    Args:
        patch_pooling (dict, optional): The config of an
            :class:`~mmfer.models.necks.AttentivePatchPooling`. Defaults to
            None, no patch is left out.
        score (str): What patch pooling judges: ``'projected'``, the embedded
            patches before their position is added, or ``'feature'``, the map
            that comes in, for a ``patch_size`` of 1. Defaults to
            ``'projected'``.
        keep_rates (Sequence[float], optional): For each layer the share of
            the tokens that it keeps, see
            :class:`~mmfer.models.layers.AttentiveTokenPooling`. Defaults to
            None, all.
        rule (str): See there. Defaults to ``'sum'``.
        head_drop (dict, optional): The arguments of
            :class:`~mmfer.models.layers.HeadDropping`. Defaults to None, no
            head is dropped.
        **kwargs: See ``mmpretrain.models.VisionTransformer``; the output is
            the class token of the last layer.

    Raises:
        ValueError: If there are not as many rates as layers, or ``score`` is
            unknown or does not fit the patches.
    """

    def __init__(self,
                 patch_pooling: Optional[dict] = None,
                 score: str = 'projected',
                 keep_rates: Optional[Sequence[float]] = None,
                 rule: str = 'sum',
                 head_drop: Optional[dict] = None,
                 **kwargs: Any) -> None:
        super().__init__(out_type='cls_token', out_indices=-1, **kwargs)
        projection = self.patch_embed.projection
        if score not in ('projected', 'feature'):
            raise ValueError("score must be 'projected' or 'feature', got "
                             f'{score!r}')
        if score == 'feature' and projection.kernel_size != (1, 1):
            raise ValueError("score='feature' needs patch_size=1: then the "
                             'positions of the map are the patches')
        if keep_rates is None:
            keep_rates = [1.] * self.num_layers
        if len(keep_rates) != self.num_layers:
            raise ConfigError(f'{len(keep_rates)} keep_rates for '
                              f'{self.num_layers} layers',
                              hint='give one for each')
        self.score = score
        self.patch_pooling = None
        if patch_pooling is not None:
            channels = (projection.in_channels
                        if score == 'feature' else self.embed_dims)
            self.patch_pooling = MODELS.build(
                dict(dict(in_channels=channels), **patch_pooling))
        self.token_pooling = nn.ModuleList(
            AttentiveTokenPooling(
                rate, rule,
                None if head_drop is None else HeadDropping(**head_drop))
            for rate in keep_rates)

    def init_weights(self) -> None:
        """As the released code; loaded weights are left as they are."""
        super().init_weights()
        if (isinstance(self.init_cfg, dict)
                and self.init_cfg['type'] == 'Pretrained'):
            return
        for module in self.layers.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        nn.init.trunc_normal_(self.cls_token, std=.02)
        nn.init.zeros_(self.pos_embed[:, :1])

    def forward(self, x: Union[torch.Tensor, Sequence[torch.Tensor]]
                ) -> Tuple[torch.Tensor, torch.Tensor]:
        """Encode.

        Args:
            x (Tensor | Sequence[Tensor]): Images or a map, ``(N, C, H, W)``;
                of several maps the last is used.

        Returns:
            tuple[Tensor, Tensor]: The layer in which each patch was left out,
            int64 ``(N, h, w)``: 0 = before the first layer, one more than
            there are layers = never; and, as last, the class token,
            ``(N, D)``.
        """
        x = feature_map(x, type(self).__name__)
        patches, size = self.patch_embed(x)
        places = self.resize_pos_embed(
            self.pos_embed, self.patch_resolution, size,
            self.interpolate_mode, self.num_extra_tokens)
        cls_token, places = self.cls_token + places[:, :1], places[:, 1:]
        exits = PatchExits(x.size(0), patches.size(1), x.device)
        if self.patch_pooling is not None:
            judged = x if self.score == 'feature' else patches.transpose(
                1, 2).unflatten(2, size)
            index, patches = self.patch_pooling.select(judged, patches)
            exits.keep(index)
            places = take_tokens(places.expand(x.size(0), -1, -1), index)
        tokens = torch.cat(
            [cls_token.expand(x.size(0), -1, -1), patches + places], 1)
        tokens = self.pre_norm(self.drop_after_pos(tokens))
        for number, (layer, pooling) in enumerate(
                zip(self.layers, self.token_pooling), 1):
            tokens, index = pooling(layer, tokens)
            exits.keep(None if index is None else index[:, 1:] - 1, number)
        if self.final_norm:
            tokens = self.ln1(tokens)
        return exits.maps(self.num_layers + 1, size), tokens[:, 0]

    def sample_fields(self, feats: Sequence[torch.Tensor]
                      ) -> Dict[str, torch.Tensor]:
        """What :meth:`forward` gave that belongs into predictions.

        Returns:
            dict[str, Tensor]: ``pred_patch_exit``, int64 ``(N, h, w)``.
        """
        return dict(pred_patch_exit=feats[0])
