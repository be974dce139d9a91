# Copyright (c) mmfer contributors.
from copy import deepcopy
from typing import Dict

import torch
from mmengine.analysis import get_model_complexity_info
from mmengine.config import Config
from torch import nn

from mmfer.registry import DATASETS, MODELS
from mmfer.structures import SampleBatch


class _WithSamples(nn.Module):
    """A model of pictures whose landmarks are at hand."""

    def __init__(self, model: nn.Module, samples: SampleBatch) -> None:
        super().__init__()
        self.model, self.samples = model, samples

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.model(images, self.samples)


def model_cost(cfg: Config) -> Dict[str, float]:
    """What the model of a config costs to look at one face.

    Counted by :func:`mmengine.analysis.get_model_complexity_info` on the
    first picture of the validation set; one multiplication with addition
    counts as one operation. Operations that it does not know count nothing.

    Args:
        cfg (Config): The config.

    Returns:
        dict: ``parameters``, in millions, and ``gflops``.
    """
    dataset = DATASETS.build(
        dict(cfg.val_dataloader.dataset, indices=1))
    item = dataset[0]
    model = MODELS.build(deepcopy(cfg.model)).eval()
    with torch.no_grad():
        info = get_model_complexity_info(
            _WithSamples(model, SampleBatch.of([item['data_samples']])),
            inputs=(item['inputs'][None].float(), ), show_table=False,
            show_arch=False)
    return dict(
        parameters=sum(p.numel() for p in model.parameters()) / 1e6,
        gflops=info['flops'] / 1e9)
