# Copyright (c) mmfer contributors.
"""A method that corrects labels by a rule, and what it must come to."""
import json
import os
import os.path as osp
import signal

import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook

from mmfer.models import FERClassifier
from mmfer.models.banks import sample_indices
from mmfer.registry import HOOKS, MODELS


def proposal(index, truth):
    """Three of four samples are put right, one in four wrong."""
    return (truth + (index % 4 == 3)) % 8


def margin(index):
    return index * 7 % 32 / 32


def expected(given, truth, epochs, cap, start=1):
    """The corrections of each epoch, by a plain loop.

    Returns:
        list[tuple]: Epoch, index, old and new label; and the final labels.
    """
    labels, changes = list(given), []
    for epoch in range(start, start + epochs):
        pending = [i for i, label in enumerate(labels)
                   if label != proposal(i, truth[i])]
        pending = sorted(pending, key=lambda i: -margin(i))[:cap]
        for i in sorted(pending):
            new = proposal(i, truth[i])
            changes.append((epoch, i, labels[i], new))
            labels[i] = new
    return changes, labels


@MODELS.register_module()
class RelabelToy(FERClassifier):
    """Proposes labels by the rule above.

    Args:
        truth (list[int]): The true label of each sample.
    """

    def __init__(self, truth, **kwargs):
        super().__init__(**kwargs)
        self.truth = torch.tensor(truth)
        self.drawn = []

    def loss(self, inputs, data_samples):
        losses = super().loss(inputs, data_samples)
        index = sample_indices(data_samples, inputs.device)
        seen = torch.cat([sample.gt_label for sample in data_samples])
        self.drawn.append((index, seen))
        new = proposal(index, self.truth[index])
        self.label_bank.observe(index, margin(index))
        self.label_bank.stage(
            index, new, score=torch.full(index.shape, .9),
            margin=margin(index), mask=seen != new)
        return losses


@HOOKS.register_module()
class TellBankHook(Hook):
    """Write what each rank believes; kill the run while it saves."""

    def __init__(self, kill_at=None):
        self.kill_at = kill_at

    def after_train_epoch(self, runner):
        bank = getattr(runner.model, 'module', runner.model).label_bank
        told = dict(label=bank.label.tolist(), given=bank.given.tolist(),
                    confidence=bank.confidence.tolist(),
                    mean=bank.confidence_mean.tolist(),
                    staged=int(bank.changes.key.sum()))
        path = osp.join(runner.work_dir,
                        f'epoch{runner.epoch + 1}_rank{get_rank()}.json')
        with open(path, 'w') as file:
            json.dump(told, file)

    def before_save_checkpoint(self, runner, checkpoint):
        if runner.epoch + 1 == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
