# Copyright (c) mmfer contributors.
import pytest

from mmfer.engine.hooks import ReweightingHook
from mmfer.engine.hooks.reweighting_hook import phased_ramp
from mmfer.models.losses import BaseReweightedLoss


def test_ramp():
    values = [phased_ramp(e, 200, .5, .8, 5.) for e in range(200)]
    assert values[:101] == [0.] * 101 and values[160:] == [1.] * 40
    assert values[130] == pytest.approx(.5**5)
    assert values == sorted(values)
    steps = [phased_ramp(e, 10, .8, .8, 5.) for e in range(10)]
    assert steps == [0.] * 8 + [1.] * 2
    assert phased_ramp(0, 10, 0., 0., 5.) == 1.


def _options(**kwargs):
    return dict(
        model__head=dict(
            _delete_=True, type='CosineHead', num_classes=8, in_channels=9,
            loss=dict(type='LDAMLoss', counts=[4, 4, 4, 4, 4, 4, 4, 8])),
        train_cfg__max_epochs=4,
        custom_hooks=[dict(type='ReweightingHook', begin=.25, end=.75,
                           power=1.)], **kwargs)


def test_weights_change_between_epochs(toy_runner):
    runner = toy_runner(**_options())
    seen = []
    loss, = (m for m in runner.model.modules()
             if isinstance(m, BaseReweightedLoss))
    original = loss.set_exponent
    loss.set_exponent = lambda q: seen.append(q) or original(q)
    runner.train()
    assert seen == [0., 0., .5, 1.]
    want = [1 / 4] * 7 + [1 / 8]
    assert loss.weights.tolist() == pytest.approx(
        [8 * w / sum(want) for w in want])


def test_bad_without_such_a_loss(toy_runner):
    with pytest.raises(ValueError, match='found no loss with class weights'):
        toy_runner(custom_hooks=[dict(type='ReweightingHook')]).train()


def test_bad_without_epochs(toy_runner):
    options = _options()
    del options['train_cfg__max_epochs']
    options['train_cfg'] = dict(_delete_=True, by_epoch=False, max_iters=2)
    with pytest.raises(ValueError, match='by_epoch=True'):
        toy_runner(**options).train()


@pytest.mark.parametrize('settings', [
    dict(begin=-.1), dict(begin=.9, end=.8), dict(end=1.1), dict(power=0.)])
def test_bad_arguments(settings):
    with pytest.raises(ValueError):
        ReweightingHook(**settings)
