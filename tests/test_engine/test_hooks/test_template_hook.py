# Copyright (c) mmfer contributors.
"""Templates and relabelling by them, through the runner."""
import json
import os
from pathlib import Path

import pytest
import torch
from mmengine.runner import CheckpointLoader
from torch.nn.functional import normalize

from mmfer.engine.hooks import TemplateHook
from mmfer.models import ImportanceHead, TemplateBank
from mmfer.models.heads.targets import labels_of
from mmfer.registry import HOOKS, MODELS


@MODELS.register_module()
class TemplateToyHead(ImportanceHead):
    """Features of the classes before and after a step."""

    def __init__(self, templates, **kwargs):
        super().__init__(**kwargs)
        self.templates = MODELS.build(templates)
        self.seen = []

    def training_outputs(self, feats, data_samples):
        outputs = super().training_outputs(feats, data_samples)
        labels = labels_of(data_samples)
        predictions = outputs['logits'].argmax(1)
        self.templates.observe(feats[-1], labels, predictions,
                               outputs['confidence'])
        outputs['posterior'] = self.templates.posterior(feats[-1])
        self.seen.append([x.detach().clone() for x in (
            feats[-1], labels, predictions, outputs['posterior'])])
        return outputs


def _options(**options):
    """Options of a toy run that corrects labels by templates."""
    result = dict(
        model__type='FERClassifier',
        model__head=dict(
            _delete_=True, type='TemplateToyHead', num_classes=8,
            in_channels=9, templates=dict(
                type='TemplateBank', num_classes=8, in_channels=9)),
        model__label_bank=dict(
            type='LabelBank', num_classes=8, max_changes=.1,
            correction=dict(type='SimilarityRelabeling', low_ratio=.8,
                            require_agreement=False, margin=.1)),
        train_dataloader__dataset__noise=dict(
            type='SymmetricNoise', ratio=.3, seed=0),
        optim_wrapper__optimizer__lr=.3,
        default_hooks__checkpoint__save_best=None,
        val_dataloader=None, val_cfg=None, val_evaluator=None,
        custom_hooks=[
            dict(type='SampleIndexHook'), dict(type='TemplateHook'),
            dict(type='LabelCorrectionHook', start_epoch=3),
            dict(type='EMAHook')
        ])
    result.update(options)
    return result


def test_templates_change_at_the_end_of_an_epoch(toy_runner, log_of):
    runner = toy_runner(**_options())
    runner.train()
    seen, bank = runner.model.head.seen, runner.model.head.templates
    assert len(seen) == 3 * 8
    # No templates in the first epoch, one set of them in each other.
    first, second = (torch.cat([s[3] for s in seen[start:start + 8]])
                     for start in (0, 8))
    assert (first == 1 / 8).all() and second.std() > .01
    # Class means and their centre, by a loop over all that was seen.
    means = torch.zeros(8, 9)
    for c in range(8):
        values = []
        for start in (0, 8, 16):
            rows = [f for feats, labels, *_ in seen[start:start + 8]
                    for f, y in zip(feats, labels) if y == c]
            values.append(sum(rows) / len(rows))
        weights = (.81, .9, 1.)
        means[c] = sum(w * v for w, v in zip(weights, values)) / sum(weights)
    torch.testing.assert_close(bank.means, means)
    torch.testing.assert_close(bank.center, means.mean(0))
    assert not bank.counts.any()
    # What is told.
    hub = runner.message_hub
    updated = hub.get_scalar('templates/updated').current()
    direction = normalize(bank.templates)
    largest = max(float(direction[i] @ direction[j])
                  for i in range(8) for j in range(i))
    assert hub.get_scalar('templates/similarity').current() == pytest.approx(
        largest, abs=1e-6)
    assert 1 < updated <= 8
    text = log_of(runner)
    assert 'templates, epoch 1: 0 of 8 classes updated' in text
    assert f'templates, epoch 3: {updated} of 8 classes updated' in text
    scalars = next(Path(runner.work_dir).glob('*/vis_data/scalars.json'))
    assert 'templates/similarity' in scalars.read_text()
    # Labels were corrected by them, from the third epoch.
    with open(os.path.join(runner.work_dir, 'corrections.jsonl')) as file:
        epochs = {json.loads(line)['epoch'] for line in file}
    assert epochs == {3}
    assert 0 < hub.get_scalar('label_bank/low_group').current() < 1


def test_a_resumed_run_ends_like_an_uninterrupted_one(toy_runner):
    whole = toy_runner(**_options(train_cfg__max_epochs=5))
    whole.train()
    os.rename(whole.work_dir, f'{whole.work_dir}_whole')
    toy_runner(**_options(train_cfg__max_epochs=3)).train()
    resumed = toy_runner(resume=True, **_options(train_cfg__max_epochs=5))
    resumed.train()
    assert len(resumed.model.head.seen) == 2 * 8
    whole, resumed = (r.model.state_dict() for r in (whole, resumed))
    assert set(whole) == set(resumed)
    assert (whole['label_bank.label'] != whole['label_bank.given']).any()
    for name, value in whole.items():
        torch.testing.assert_close(value, resumed[name], rtol=0, atol=0,
                                   equal_nan=True)


def test_weights_of_another_run_start_without_templates(toy_runner):
    options = _options(train_cfg__max_epochs=1)
    first = toy_runner(**options)
    first.train()
    path = os.path.join(first.work_dir, 'epoch_1.pth')
    again = toy_runner(load_from=path, **options)
    again.train()
    assert (again.model.head.templates.means_updates == 1).all()
    assert (again.model.head.seen[0][3] == 1 / 8).all()


def test_registered_under_its_bare_name():
    assert HOOKS.get('TemplateHook') is TemplateHook


# -- bad runs


def test_bad_run_without_a_bank(toy_runner):
    with pytest.raises(ValueError, match='no template bank.*Hint'):
        toy_runner(custom_hooks=[dict(type='TemplateHook')]).train()


def test_bad_run_without_epochs(toy_runner):
    options = _options(
        train_cfg=dict(_delete_=True, by_epoch=False, max_iters=4),
        custom_hooks=[dict(type='TemplateHook')])
    with pytest.raises(ValueError, match='template bank.*by_epoch=True'):
        toy_runner(**options).train()


def test_bad_resume_without_templates(toy_runner):
    first = toy_runner(**_options(train_cfg__max_epochs=1))
    first.train()
    path = os.path.join(first.work_dir, 'epoch_1.pth')
    checkpoint = CheckpointLoader.load_checkpoint(str(path))
    for name in ('state_dict', 'ema_state_dict'):
        checkpoint[name] = {
            k: v for k, v in checkpoint[name].items() if 'templates' not in k
        }
    torch.save(checkpoint, path)
    with pytest.raises(ValueError, match='holds no templates'):
        toy_runner(resume=True, **_options(train_cfg__max_epochs=2)).train()


def test_bad_broadcast_buffers(toy_runner):
    runner = toy_runner(**_options())
    runner.model.broadcast_buffers = True
    with pytest.raises(ValueError, match='in the template bank'):
        runner.train()
    assert isinstance(runner.model.head.templates, TemplateBank)
