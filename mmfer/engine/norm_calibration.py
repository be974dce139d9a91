# Copyright (c) mmfer contributors.
"""Running statistics of batch normalization, measured on training samples."""
import random
from contextlib import contextmanager
from typing import Any, Dict, Iterable, Iterator, List

import numpy as np
import torch
from mmengine.dist import broadcast
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.data import DataLoader

from mmfer.datasets.randomness import seed_generators
from .checkpoint_check import whole_weights
from .model_parts import bare_model

_BATCH_SIZE = 64


def training_batches(loader: DataLoader, number: int,
                     seed: int) -> Iterator[Any]:
    """Iterate over collated samples of a training set, evenly spaced.

    Args:
        loader (DataLoader): That of the training set.
        number (int): The number of samples, at most that of the set.
        seed (int): The seed of their augmentation. The random generators are
            restored afterwards.

    Returns:
        Iterator: Batches of up to 64 samples, the same on all ranks.
    """
    dataset = loader.dataset
    number = min(number, len(dataset))
    rows = np.linspace(0, len(dataset) - 1, number).astype(int).tolist()
    with _seeded(seed):
        for start in range(0, number, _BATCH_SIZE):
            indices = rows[start:start + _BATCH_SIZE]
            if hasattr(dataset, '__getitems__'):
                samples = dataset.__getitems__(indices)
            else:
                samples = [dataset[index] for index in indices]
            yield loader.collate_fn(samples)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    states = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        seed_generators(seed, epoch=0, rank=0, worker=-1)
        try:
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])


class _Moments:
    """A hook that sums the inputs of a normalization over each channel."""

    def __init__(self) -> None:
        self.count, self.sums = 0, torch.zeros(2, 1)

    def __call__(self, module: nn.Module, inputs: tuple) -> None:
        x = inputs[0].detach().double()
        axes = [axis for axis in range(x.ndim) if axis != 1]
        sums = torch.stack([x.sum(axes), x.square().sum(axes)])
        self.sums = self.sums.to(sums) + sums
        self.count += x.numel() // x.size(1)

    def mean_and_variance(self) -> torch.Tensor:
        """Return both, float64 ``(2, C)``."""
        mean, square = self.sums / self.count
        return torch.stack([mean, (square - mean.square()).clamp(min=0)])


@torch.no_grad()
def calibrate_norms(model: nn.Module, target: str,
                    batches: Iterable[Any]) -> None:
    r"""Measure running statistics of batch normalization; keep the function.

    With the measured mean :math:`\mu'` and variance :math:`\sigma'^2` of the
    inputs, scale and shift become

    .. math::
        \gamma' = \gamma \sqrt{\frac{\sigma'^2 + \epsilon}
                                  {\sigma^2 + \epsilon}}, \quad
        \beta' = \beta + \gamma \frac{\mu' - \mu}
                                   {\sqrt{\sigma^2 + \epsilon}}

    so that predictions stay as they are, and training, which normalizes by
    the statistics of its batches, begins near them. For networks whose
    normalization was folded into affine layers, or was measured on other
    data. Normalization without scale and shift, or without running
    statistics, is left as it is. All ranks get the statistics of rank 0.

    Args:
        model (nn.Module): The model, which may be wrapped or sharded. Its
            mode (training or evaluation) is restored afterwards.
        target (str): The part to calibrate, as ``'backbone'``.
        batches (Iterable): Collated batches; all ranks need the same number.
            They are augmented by the data preprocessor as in training.
    """
    part = bare_model(model).get_submodule(target)
    norms: List[_BatchNorm] = [
        m for m in part.modules() if isinstance(m, _BatchNorm) and m.affine
        and m.track_running_stats
    ]
    moments: Dict[_BatchNorm, _Moments] = {m: _Moments() for m in norms}
    handles = [
        norm.register_forward_pre_hook(hook)
        for norm, hook in moments.items()
    ]
    training = model.training
    model.eval()
    try:
        for batch in batches:
            data = bare_model(model).data_preprocessor(batch, training=True)
            model(**data, mode='predict')
    finally:
        model.train(training)
        for handle in handles:
            handle.remove()
    with whole_weights(model):
        for norm, hook in moments.items():
            if hook.count:
                statistics = hook.mean_and_variance()
                broadcast(statistics)
                _renormalize(norm, *statistics)


def _renormalize(norm: _BatchNorm, mean: torch.Tensor,
                 variance: torch.Tensor) -> None:
    """Give a normalization other statistics and the same function."""
    scale = norm.weight.double() / (
        norm.running_var.double() + norm.eps).sqrt()
    shift = norm.bias.double() - norm.running_mean.double() * scale
    norm.weight.copy_(scale * (variance + norm.eps).sqrt())
    norm.bias.copy_(shift + mean * scale)
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
