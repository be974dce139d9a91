# Copyright (c) mmfer contributors.
import math

import pytest

from mmfer.engine.hooks import LossRampHook
from mmfer.models.losses import BaseRampedLoss
from mmfer.registry import MODELS


@MODELS.register_module()
class _ToyRampedLoss(BaseRampedLoss):

    def forward(self, cls_score, label, **kwargs):
        return self.loss_weight * self.ramp * cls_score.square().mean()


def _options(**kwargs):
    return dict(
        model__head__loss=dict(type='_ToyRampedLoss', loss_weight=2.),
        custom_hooks=[dict(type='LossRampHook', length=2)], **kwargs)


def test_ramp_grows_with_the_epochs(toy_runner):
    runner = toy_runner(**_options(train_cfg__max_epochs=3))
    loss = runner.model.head.loss_module
    seen, original = [], loss.set_ramp
    loss.set_ramp = lambda value: seen.append(value) or original(value)
    runner.train()
    assert seen == pytest.approx([math.exp(-5), math.exp(-5 / 4), 1.])
    assert float(loss.ramp) == 1.
    assert not loss.state_dict()


def test_bad_without_such_a_loss(toy_runner):
    with pytest.raises(ValueError, match='no loss with a ramp'):
        toy_runner(custom_hooks=[dict(type='LossRampHook')]).train()


def test_bad_without_epochs(toy_runner):
    options = _options(
        train_cfg=dict(_delete_=True, by_epoch=False, max_iters=2))
    with pytest.raises(ValueError, match='by_epoch=True'):
        toy_runner(**options).train()


def test_bad_length():
    with pytest.raises(ValueError, match='at least one epoch'):
        LossRampHook(0)
