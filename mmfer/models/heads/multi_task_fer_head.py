# Copyright (c) mmfer contributors.
from typing import Dict, Optional, Sequence

import torch
from mmengine.model import ModuleDict
from mmpretrain.structures import DataSample
from torch import nn

from mmfer.errors import ConfigTypeError
from mmfer.registry import MODELS
from mmfer.structures import SampleBatch
from .base_auxiliary_head import BaseAuxiliaryHead
from .base_fer_head import FEATURES, BaseFERHead
from .logits_head import build_expression_head
from .targets import with_labels


@MODELS.register_module()
class MultiTaskFERHead(BaseFERHead):
    r"""Expressions, and further tasks on the same features.

    Each task t has a weight :math:`w_t` and a ramp :math:`r_t`, which is 1
    unless :class:`~mmfer.engine.hooks.TaskRampHook` sets it. With learnt
    weights, `Multi-Task Learning Using Uncertainty
    <https://arxiv.org/abs/1705.07115>`_, there is a log variance
    :math:`s_t` of each task, and

    .. math::
        L = \sum_t w_t r_t (e^{-s_t} L_t + s_t / 2)

    in the paper's form for classification (our choice for all tasks). A task
    whose loss is 0, since the batch has no label for it, leaves its
    :math:`s_t` alone; without learnt weights all :math:`s_t` are 0.

    Every parameter receives a gradient in every batch, also one without any
    label of a task. A batch as a whole has expression labels or not.

    Args:
        num_classes (int): Number of expressions C.
        task_heads (Dict[str, dict]): The config of the head of each task.
            ``expr`` is needed: a :class:`BaseFERHead`, or one of
            MMPretrain's with its common loss, as ``LinearClsHead``. The
            others are :class:`BaseAuxiliaryHead`, by any name. ``num_classes``
            and ``in_channels`` are given to all that do not name them.
        in_channels (int, optional): Length D of the pooled feature. Defaults
            to None, as the heads say.
        task_weights (Dict[str, float], optional): Those that are not named
            are 1. Defaults to None, all 1.
        learn_weights (bool): Whether to learn weights of the tasks; leave
            their ``log_variances`` out of weight decay. Defaults to False.
        init_cfg (dict, optional): Defaults to None, that of the heads.

    Raises:
        ValueError: If ``expr`` is missing, or a weight is negative or of no
            task.
        ConfigError: If the head for expressions is of another kind.
        TypeError: If the head of another task is.
    """

    def __init__(self,
                 num_classes: int,
                 task_heads: Dict[str, dict],
                 in_channels: Optional[int] = None,
                 task_weights: Optional[Dict[str, float]] = None,
                 learn_weights: bool = False,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(num_classes, init_cfg=init_cfg)
        if 'expr' not in task_heads:
            raise ValueError('task_heads needs a head for the task expr, got '
                             f'{sorted(task_heads)}')
        common = dict(num_classes=num_classes)
        if in_channels is not None:
            common['in_channels'] = in_channels
        self.tasks = sorted(task_heads, key=lambda task: task != 'expr')
        self.task_heads = ModuleDict({
            task: (build_expression_head if task == 'expr' else MODELS.build)(
                {**common, **task_heads[task]})
            for task in self.tasks
        })
        self._check_heads()
        self.num_views = self.expr.num_views
        self.task_weights = {task: 1. for task in self.tasks}
        for task, weight in (task_weights or {}).items():
            if task not in self.tasks or weight < 0:
                raise ValueError(
                    'task_weights must give tasks of '
                    f'{self.tasks} numbers >= 0, got {task!r}: {weight}')
            self.task_weights[task] = weight
        self.log_variances = None
        if learn_weights:
            self.log_variances = nn.Parameter(torch.zeros(len(self.tasks)))
        self.register_buffer(
            'ramps', torch.ones(len(self.tasks)), persistent=False)

    def _check_heads(self) -> None:
        for task in self.tasks[1:]:
            head = self.task_heads[task]
            if not isinstance(head, BaseAuxiliaryHead):
                raise ConfigTypeError(
                    f'{type(head).__name__} cannot be the head of the task '
                    f'{task!r}',
                    hint='for expr a head of mmfer or LinearClsHead, else '
                    'an auxiliary head such as AUHead')

    @property
    def expr(self) -> BaseFERHead:
        """The head for expressions."""
        return self.task_heads['expr']

    def set_ramp(self, task: str, value: float) -> None:
        """Set the ramp of a task, a factor of its losses.

        Raises:
            KeyError: If there is no such task.
        """
        if task not in self.tasks:
            raise KeyError(f'no task {task!r}; there are {self.tasks}')
        self.ramps[self.tasks.index(task)] = value

    def forward(self, feats: FEATURES) -> torch.Tensor:
        """Logits of expressions, ``(N, C)``; other tasks are not run."""
        return self.expr(feats)

    def outputs(self, feats: FEATURES) -> Dict[str, torch.Tensor]:
        """What all tasks compute, see :meth:`BaseFERHead.outputs`."""
        return self._with_others(self.expr.outputs(feats), feats)

    def training_outputs(self, feats: FEATURES,
                         data_samples: Sequence[DataSample]
                         ) -> Dict[str, torch.Tensor]:
        """See :meth:`BaseFERHead.training_outputs`.

        Of several views, the tasks beside expressions see the first.
        """
        first = feats[0] if self.num_views > 1 else feats
        batch, _ = with_labels(data_samples, first[-1].device)
        outputs = self._with_others(
            self.expr.training_outputs(feats, batch), first)
        for task in self.tasks[1:]:
            self._add(outputs, task, self.task_heads[task].training_outputs(
                first, outputs, data_samples))
        return outputs

    def _with_others(self, outputs: Dict[str, torch.Tensor],
                     feats: FEATURES) -> Dict[str, torch.Tensor]:
        outputs = dict(outputs)
        for task in self.tasks[1:]:
            self._add(outputs, task, self.task_heads[task].outputs(feats))
        return outputs

    @staticmethod
    def _add(outputs: Dict[str, torch.Tensor], task: str,
             own: Dict[str, torch.Tensor]) -> None:
        twice = sorted(set(own) & set(outputs))
        if twice:
            raise ValueError(f'the task {task!r} gives {twice}, and so does '
                             'another one')
        outputs.update(own)

    def get_losses(self, outputs: Dict[str, torch.Tensor],
                   data_samples: Sequence[DataSample]
                   ) -> Dict[str, torch.Tensor]:
        """The weighed losses of all tasks.

        A name that a task shares with one before it gets that of the task in
        front.
        """
        batch, losses = SampleBatch.of(data_samples), {}
        penalty = 0.
        for i, task in enumerate(self.tasks):
            own = (self._expression_losses(outputs, batch) if task == 'expr'
                   else self.task_heads[task].get_losses(outputs, batch))
            factor = self.task_weights[task] * self.ramps[i]
            if self.log_variances is not None:
                log_variance = self.log_variances[i]
                total = sum((v for k, v in own.items() if 'loss' in k),
                            torch.zeros_like(log_variance))
                active = (total.detach() != 0).float()
                penalty = penalty + factor * active * log_variance / 2
                factor = factor * (-log_variance).exp()
                losses[f'task_weight_{task}'] = factor.detach()
            for name, value in own.items():
                value = factor * value if 'loss' in name else value
                losses[f'{task}_{name}' if name in losses else name] = value
        if self.log_variances is not None:
            losses['loss_task_weights'] = penalty
        return losses

    def _expression_losses(self, outputs: Dict[str, torch.Tensor],
                           data_samples: Sequence[DataSample]
                           ) -> Dict[str, torch.Tensor]:
        """Those of the expression head; 0 for a batch without labels."""
        batch, known = with_labels(data_samples, self.ramps.device)
        losses = self.expr.get_losses(outputs, batch)
        return {name: known * value for name, value in losses.items()}

    def predictions(self, outputs: Dict[str, torch.Tensor]
                    ) -> Dict[str, torch.Tensor]:
        """What the heads of all tasks predict.

        Returns:
            dict[str, Tensor]: What the expression head predicts and, from the
            other tasks, ``pred_au`` (probabilities ``(N, K)``) and
            ``pred_va`` ``(N, 2)``.
        """
        found = self.expr.predictions(outputs)
        for task in self.tasks[1:]:
            found.update(self.task_heads[task].predictions(outputs))
        return found
