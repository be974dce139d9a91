# Copyright (c) mmfer contributors.
import logging
from types import SimpleNamespace

import pytest
from mmengine.hooks import Hook
from mmengine.model import ImgDataPreprocessor
from torch import nn

from mmfer.datasets import SyntheticFER
from mmfer.engine.hooks import ClassCountHook, PhaseHook
from mmfer.engine.model_parts import augments_of, parts_of
from mmfer.engine.phased_ramp import PhasedRamp
from mmfer.errors import ConfigError
from mmfer.models.augments import BatchRemix
from mmfer.models.losses import (AddUpLoss, BaseReweightedLoss, LDAMLoss,
                                 class_weights)

RAMP = dict(begin=.25, end=.75, power=1.)


def test_ramp():
    values = [PhasedRamp()(epoch, 200) for epoch in range(200)]
    assert values[:101] == [0.] * 101 and values[160:] == [1.] * 40
    assert values[130] == pytest.approx(.5**5)
    assert values == sorted(values)
    step = PhasedRamp(.8, .8)
    assert [step(e, 10) for e in range(10)] == [0.] * 8 + [1.] * 2
    assert PhasedRamp(0., 0.)(0, 10) == 1.


@pytest.mark.parametrize('settings', [
    dict(begin=-.1), dict(begin=.9, end=.8), dict(end=1.1), dict(power=0.)])
def test_bad_ramp(settings):
    with pytest.raises(ValueError, match='must'):
        PhaseHook(weighting=settings)


def test_bad_without_a_phase():
    with pytest.raises(ValueError, match='has no phase'):
        PhaseHook()


def _options(hook, epochs=4, **kwargs):
    options = dict(
        model__type='FERClassifier',
        model__head=dict(
            _delete_=True, type='CosineHead', num_classes=8, in_channels=9,
            loss=dict(type='LDAMLoss')),
        model__data_preprocessor=dict(
            _delete_=True, type='FERDataPreprocessor',
            augments=[dict(type='BatchRemix', alpha=1.)]),
        train_dataloader__sampler=dict(_delete_=True, type='PhasedSampler'),
        train_cfg=dict(_delete_=True, by_epoch=True, max_epochs=epochs,
                       val_interval=100),
        custom_hooks=[dict(type='ClassCountHook'), hook])
    return {**options, **kwargs}


PHASES = dict(type='PhaseHook', weighting=RAMP, sampling=RAMP,
              mixing=dict(begin=.5, end=.5))


def _parts(runner):
    loss, = parts_of(runner.model, BaseReweightedLoss)
    remix, = augments_of(runner.model, BatchRemix)
    return loss, remix, runner.train_dataloader.sampler


class _Note(Hook):
    """Write down what the parts are set to in each epoch."""

    def __init__(self):
        self.seen = []

    def after_train_epoch(self, runner):
        loss, remix, sampler = _parts(runner)
        self.seen.append((remix.phase, (loss.weights[7] /
                                        loss.weights[0]).item(),
                          sampler.class_probabilities[7]))


def test_parts_follow_the_phases(toy_runner):
    runner, note = toy_runner(**_options(PHASES)), _Note()
    runner.register_hook(note)
    runner.train()
    # The toy classes have 4, 5, ..., 11 samples.
    counts, natural, even = list(range(4, 12)), 11 / 60, 1 / 8
    loss, remix, _ = _parts(runner)
    assert loss.counts.tolist() == remix.counts.tolist() == counts
    want = [(0., 1., natural), (0., 1., natural),
            (1., (4 / 11)**.5, (natural + even) / 2), (1., 4 / 11, even)]
    for got, values in zip(note.seen, want, strict=True):
        assert got == pytest.approx(values, rel=1e-5)


def test_a_resumed_run_goes_on(toy_runner):
    toy_runner(**_options(PHASES, epochs=1)).train()
    runner = toy_runner(**_options(PHASES, epochs=2, resume=True))
    runner.train()
    loss, remix, sampler = _parts(runner)
    assert loss.weights[0].item() / loss.weights[7].item() == pytest.approx(
        (11 / 4)**.5)
    assert remix.phase == 1. and runner.epoch == 2
    assert sampler.class_probabilities[7] == pytest.approx(
        (11 / 60 + 1 / 8) / 2)


@pytest.mark.parametrize('name', ['weighting', 'sampling', 'mixing'])
def test_bad_without_the_part(toy_runner, name):
    hook = dict(type='PhaseHook', **{name: {}})
    with pytest.raises(ValueError, match=f'nothing to change for .{name}'):
        toy_runner(custom_hooks=[hook]).train()


@pytest.mark.parametrize('name', ['weighting', 'mixing'])
def test_bad_without_counts(toy_runner, name):
    options = _options(dict(type='PhaseHook', **{name: {}}))
    del options['custom_hooks'][0]
    with pytest.raises(ValueError, match='ClassCountHook.* to custom_hooks'):
        toy_runner(**options).train()


def test_bad_without_epochs(toy_runner):
    loop = dict(_delete_=True, by_epoch=False, max_iters=2)
    with pytest.raises(ValueError, match='by_epoch=True'):
        toy_runner(**_options(PHASES, train_cfg=loop)).train()


def test_absent_classes_are_named(caplog):
    faces = SyntheticFER(size=20, ambiguity=0.,
                         class_weights=dict(fear=1., sadness=1.))
    loss = LDAMLoss()
    model = nn.ModuleDict(
        dict(loss=loss, data_preprocessor=ImgDataPreprocessor()))
    ClassCountHook().before_train(SimpleNamespace(
        model=model, logger=logging.getLogger('toy'),
        train_dataloader=SimpleNamespace(dataset=faces)))
    told, = [record.getMessage() for record in caplog.records
             if record.levelname == 'WARNING']
    classes = faces.metainfo['classes']
    for name, count in zip(classes, loss.counts.tolist()):
        assert (count > 0) == (name in ('fear', 'sadness'))
        assert (f"'{name}'" in told) == (count == 0)


@pytest.mark.parametrize('seed', [0, 1])
def test_counts_are_those_of_the_noisy_labels(seed):
    options = dict(size=60, ambiguity=0., class_weights=dict(
        fear=1., sadness=1., anger=4.))
    clean, faces = SyntheticFER(**options), SyntheticFER(
        noise=dict(type='SymmetricNoise', ratio=.4, seed=seed), **options)
    loss, plain = AddUpLoss(weighting='inverse'), AddUpLoss()
    model = nn.ModuleDict(dict(
        loss=loss, plain=plain, data_preprocessor=ImgDataPreprocessor()))
    ClassCountHook().before_train(SimpleNamespace(
        model=model, logger=logging.getLogger('toy'),
        train_dataloader=SimpleNamespace(dataset=faces)))
    labels = [faces.get_data_info(i)['gt_label'] for i in range(60)]
    counts = [labels.count(c) for c in range(8)]
    assert counts != list(clean.class_counts().values())
    assert loss.class_weight.tolist() == class_weights(counts).tolist()
    assert not len(plain.class_weight)


def test_bad_count_hook_without_need(toy_runner):
    with pytest.raises(ConfigError, match='no loss or augment that needs'):
        toy_runner(custom_hooks=[dict(type='ClassCountHook')]).train()
