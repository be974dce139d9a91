# Copyright (c) mmfer contributors.
"""MTAC by its own config, shrunk, through the runner."""
import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpretrain.registry import MODELS
from torch.nn.functional import cross_entropy

from mmfer.models.losses import BatchBalancedCrossEntropyLoss
from mmfer.structures import FERDataSample

CONFIGS = Path(__file__).parents[2] / 'configs'


def _shrunk(name, work_dir):
    cfg = Config.fromfile(CONFIGS / 'mtac' / name)
    cfg.work_dir = str(work_dir)
    cfg.experiment_name = work_dir.parent.name
    cfg.merge_from_dict({
        'model.backbone': dict(
            _delete_=True, type='ResNet_CIFAR', depth=18, base_channels=2),
        'model.head.in_channels': 16,
        'optim_wrapper.optimizer.lr': 0.01,
        'train_dataloader.dataset.noise.ratio': 0.5,
        'model.label_bank.max_changes': None,
        'model.label_bank.min_skill': 0.,
        'model.label_bank.min_stability': 0.,
        'model.label_bank.correction': dict(quantile=0., min_members=1),
    })
    for key in ('train', 'val', 'test'):
        loader = cfg[f'{key}_dataloader']
        loader.batch_size, loader.num_workers = 16, 0
        loader.persistent_workers = False
        loader.dataset.size, loader.dataset.image_size = 96, 32
    for hook in cfg.custom_hooks:
        if hook.type == 'LabelCorrectionHook':
            hook.start_epoch = 2
        if hook.type == 'AUGraphHook':
            hook.min_positives = 2
    cfg.train_cfg.max_epochs = 2
    cfg.init_weights = 'random'
    return cfg


@pytest.mark.parametrize('width', [3, 8, 20])
def test_any_width_of_features(width):
    """The tasks stand over any backbone; classes have no weights."""
    cfg = Config.fromfile(CONFIGS / 'mtac/mtac_resnet18_1xb64_rafdb.py')
    cfg.merge_from_dict({
        'model.backbone': dict(
            _delete_=True, type='ResNet_CIFAR', depth=18,
            base_channels=width),
        'model.head.in_channels': 8 * width,
    })
    init_default_scope(cfg.default_scope)
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    model.label_bank.initialise([0, 1, 2, 3])
    assert not any(isinstance(part, BatchBalancedCrossEntropyLoss)
                   for part in model.modules())
    inputs, samples = torch.randn(4, 3, 32, 32), []
    for label in range(4):
        sample = FERDataSample().set_gt_label(label)
        sample.set_gt_au(torch.randint(2, (16, )).float())
        sample.set_gt_va(2 * torch.rand(2) - 1)
        samples.append(
            sample.set_field(label, 'sample_idx', field_type='metainfo')
            or sample)
    losses = model(inputs, samples, mode='loss')
    logits = model.head.outputs(model.extract_feat(inputs))['logits']
    torch.testing.assert_close(losses['loss_cls'], cross_entropy(
        logits, torch.arange(4)), rtol=1e-3, atol=1e-4)


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp('mtac')
    runner = Runner.from_cfg(
        _shrunk('mtac_resnet18_1xb64_synthetic-noise20.py', folder / 'run'))
    runner.train()
    return runner


def test_labels_are_corrected_by_templates(run):
    lines = [json.loads(line) for line in
             (Path(run.work_dir) / 'corrections.jsonl').read_text()
             .splitlines()]
    assert lines and all(line['epoch'] >= 2 for line in lines)
    bank = run.model.label_bank
    classes = run.train_dataloader.dataset.metainfo['classes']
    latest = {line['index']: line for line in lines}
    for line in latest.values():
        label = int(bank.label[line['index']])
        assert classes[label] == line['new']
    assert all(line['new'] != line['old'] for line in lines)
    templates = run.model.head.task_heads['template'].templates
    assert (templates.means_updates > 0).all()
    torch.testing.assert_close(
        templates.templates[templates.templates_updates > 0].norm(dim=1),
        torch.ones(int((templates.templates_updates > 0).sum())))


def test_all_tasks_are_measured(run):
    block = json.loads((Path(run.work_dir) / 'protocol.json').read_text())
    metrics = block['result']['last']['metrics']
    for name in ('expr/accuracy', 'au/f1', 'va/ccc'):
        assert name in metrics, sorted(metrics)
    bank = run.model.label_bank
    assert metrics['label_bank/changed'] == (bank.label != bank.given).sum()


def test_the_protocol_states_the_rule(run):
    block = json.loads((Path(run.work_dir) / 'protocol.json').read_text())
    stated = block['run']['label_correction']
    assert stated['start_epoch'] == 2 and stated['min_stability'] == 0.
    assert stated['rule'].startswith('TypicalRelabeling(')
    assert 'quantile=0.0' in stated['rule']
