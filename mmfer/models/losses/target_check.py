# Copyright (c) mmfer contributors.
"""Checks of the kind and shape of targets, without which losses would
broadcast wrong ones and train on nonsense.

Shapes and types are known on the host: no check waits for the device.
"""
from functools import wraps
from typing import Any, Optional, Sequence

import torch
from mmpretrain.models import losses as mmpretrain_losses
from torch import nn

from mmfer.errors import ConfigError

LABELS, DISTRIBUTIONS = 'labels', 'label distributions'


def check_targets(loss: str,
                  cls_score: torch.Tensor,
                  target: torch.Tensor,
                  accepted: Sequence[str] = (LABELS, DISTRIBUTIONS),
                  hint: Optional[str] = None) -> None:
    """Refuse targets that a classification loss cannot take.

    Args:
        loss (str): As the message names it, ``'CrossEntropyLoss'``.
        cls_score (Tensor): Logits, ``(N, C)``; of more dimensions the second
            is that of the classes.
        target (Tensor): Labels, an integer for each sample, ``(N, )``; or
            distributions, float ``(N, C)``.
        accepted (Sequence[str]): ``LABELS``, ``DISTRIBUTIONS`` or both.
            Defaults to both.
        hint (str, optional): What to do where the kind is not accepted.
            Defaults to None, another loss.

    Raises:
        ConfigError: If the targets are of another kind or shape.
    """
    if cls_score.ndim < 2:
        return
    shape = (*cls_score.shape[:1], *cls_score.shape[2:])
    kind = None
    if target.shape == cls_score.shape:
        kind = DISTRIBUTIONS
    elif target.shape == shape and not target.is_floating_point():
        kind = LABELS
    if kind in accepted:
        return
    shapes = {LABELS: shape, DISTRIBUTIONS: tuple(cls_score.shape)}
    wanted = ' or '.join(f'{name} of shape {shapes[name]}'
                         for name in accepted)
    given = kind or ('values' if target.is_floating_point() else 'labels')
    if hint is None or kind is None:
        hint = 'a head with the classes of the dataset, or another loss'
    raise ConfigError(
        f'{loss} needs {wanted}, the dataset gives {given} of shape '
        f'{tuple(target.shape)}', hint=hint)


def check_rows(loss: nn.Module, number: int,
               **values: Optional[torch.Tensor]) -> None:
    """Refuse values that are not one for each sample.

    Args:
        loss (nn.Module): For the message.
        number (int): Of samples, N.
        **values (Tensor, optional): Should have the shape ``(N, )``; None
            passes.

    Raises:
        ValueError: If one has another shape.
    """
    for name, value in values.items():
        if value is not None and value.shape != (number, ):
            raise ValueError(
                f'{type(loss).__name__}: {name} must have the shape '
                f'({number}, ), one for each sample, got '
                f'{tuple(value.shape)}')


def _check_cross_entropy(loss: nn.Module, cls_score: torch.Tensor,
                         target: torch.Tensor) -> None:
    for option in ('use_soft', 'use_sigmoid'):
        if getattr(loss, option):
            check_targets(
                f'CrossEntropyLoss({option}=True)', cls_score, target,
                (DISTRIBUTIONS, ), f'loss=dict({option}=False), or a dataset '
                'with label distributions')
            return
    if target.shape == cls_score.shape and not target.is_floating_point():
        target = target[..., None]  # neither kind
    check_targets('CrossEntropyLoss', cls_score, target)


def _check_labels(loss: nn.Module, cls_score: torch.Tensor,
                  target: torch.Tensor) -> None:
    check_targets(
        type(loss).__name__, cls_score, target, (LABELS, ),
        "target='majority' in the dataset, no mixing of samples, or another "
        'loss')


def _check_either(loss: nn.Module, cls_score: torch.Tensor,
                  target: torch.Tensor) -> None:
    if target.ndim == 2 and target.size(1) == 1:
        target = target[:, 0]
    check_targets(type(loss).__name__, cls_score, target)


def guard_losses() -> None:
    """Let the classification losses of MMPretrain check their targets.

    ``CrossEntropyLoss(use_soft=True)`` multiplies labels ``(N, )`` with
    logits ``(N, C)``, which is an error of shapes, or a wrong loss where a
    batch has as many samples as classes. Nothing else about them changes.
    """
    for name, check in dict(
            CrossEntropyLoss=_check_cross_entropy,
            LabelSmoothLoss=_check_either,
            FocalLoss=_check_either,
            AsymmetricLoss=_check_either,
            SeesawLoss=_check_labels).items():
        loss = getattr(mmpretrain_losses, name)
        if not hasattr(loss.forward, '__wrapped__'):
            loss.forward = _checked(loss.forward, check)


def _checked(forward: Any, check: Any) -> Any:

    @wraps(forward)
    def checked(self: nn.Module, *args: Any, **kwargs: Any) -> torch.Tensor:
        if len(args) >= 2:
            check(self, args[0], args[1])
        return forward(self, *args, **kwargs)

    return checked
