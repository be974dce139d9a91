# Copyright (c) mmfer contributors.
"""Every config parses, fits together and takes a training step."""
import ast
from functools import lru_cache
from pathlib import Path

import pytest
import torch
import yaml
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmpretrain.registry import (DATA_SAMPLERS, DATASETS, HOOKS, METRICS,
                                 MODELS, TRANSFORMS)

from mmfer.models.layers import patch_windows, windows_around
from mmfer.models.losses import window_coverage
from mmfer.structures import FERDataSample, LabelSpace
from mmfer.structures.landmarks import MEAN_FACES
from .toys import narrow_hybrid, picture_shape

ROOT = Path(__file__).parents[1] / 'configs'
CONFIGS = sorted(
    path.relative_to(ROOT).as_posix() for path in ROOT.glob('*/*.py')
    if path.parent.name != '_base_')
ALL = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob('*.py'))


def _input_size(cfg):
    for transform in cfg.test_dataloader.dataset.pipeline:
        if 'size' in transform:
            return transform['size']
    return cfg.test_dataloader.dataset.get('image_size', 112)


def _reader(loader):
    """The dataset of a loader, without wrappers."""
    dataset = loader.dataset
    while 'dataset' in dataset or 'datasets' in dataset:
        assert DATASETS.get(dataset.type)
        # Of several, the last is the one that a config is named after.
        dataset = dataset.get('dataset') or dataset.datasets[-1]
    return dataset


@lru_cache
def _metafile(method):
    """What the metafile tells of each config of a method."""
    meta = yaml.safe_load((ROOT / method / 'metafile.yml').read_text())
    return {model['Config']: model for model in meta['Models']}


def test_there_are_configs():
    assert len(CONFIGS) >= 14


@pytest.mark.parametrize('name', ALL)
def test_config_is_short_and_valid(name):
    text = (ROOT / name).read_text()
    ast.parse(text)
    assert len(text.splitlines()) <= 45, 'configs are short; use _base_'


def _options(node):
    """Every dict of a config, however deep."""
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else (
            node if isinstance(node, list) else ()):
        yield from _options(child)


def _check_class_counts(cfg):
    """They are those of the run: noise, folds and splits change them."""
    parts = [*_options(cfg.model), *_options(cfg.data_preprocessor)]
    assert not any({'counts', 'class_counts', 'class_weight'} & set(part)
                   for part in parts)
    needed = any(MODELS.build(part).needs_counts for part in parts
                 if 'type' in part
                 and hasattr(MODELS.get(part['type']), 'needs_counts'))
    assert needed == any(
        hook.type == 'ClassCountHook' for hook in cfg.custom_hooks)


@pytest.mark.parametrize('name', CONFIGS)
def test_parts_exist_and_fit(name):
    cfg = Config.fromfile(ROOT / name)
    init_default_scope(cfg.default_scope)
    assert cfg.get('init_weights'), 'every config states its initial weights'
    told = _metafile(name.split('/')[0])[f'configs/{name}']
    told = told['Metadata']['Training Data'].replace(', long-tailed', '')
    train = _reader(cfg.train_dataloader).type
    assert told == SETS.get(train, told) and (
        train in SETS or told in ('ImageNet-LT', 'iNaturalist 2018'))
    for kind in ('train', 'val', 'test'):
        loader = cfg[f'{kind}_dataloader']
        dataset = _reader(loader)
        reader = DATASETS.get(dataset.type)
        if hasattr(reader, 'LABEL_SPACE'):  # a dataset of faces
            assert dataset.get('split', 'train') in reader.SPLITS
            space = LabelSpace.get(
                dataset.get('label_space') or reader.LABEL_SPACE)
            assert len(space) == cfg.model.head.num_classes
        for transform in dataset.pipeline:
            TRANSFORMS.build(transform)
        assert DATA_SAMPLERS.get(loader.sampler.type)
    _check_class_counts(cfg)
    metrics = cfg.val_evaluator
    for metric in metrics if isinstance(metrics, list) else [metrics]:
        assert METRICS.build(metric)
    for hook in cfg.custom_hooks:
        assert HOOKS.get(hook.type), hook.type
    if hasattr(reader, 'LABEL_SPACE'):
        assert _reader(cfg.val_dataloader).test_mode
    assert not _reader(cfg.train_dataloader).get('test_mode')


def _of(*methods):
    return [name for name in CONFIGS if name.split('/')[0] in methods]


@pytest.mark.parametrize('name', _of('mtac', 'ulc_ag'))
def test_weighted_regularization_and_balance(name):
    """Confidence scales the logits of any head, and the means against
    imbalance are those of the method, not of the sampler."""
    cfg = Config.fromfile(ROOT / name)
    expr = cfg.model.head.task_heads.expr.type
    assert (expr == 'ImportanceHead') == ('_without-confidence' not in name)
    sampler = cfg.train_dataloader.sampler.type
    assert (sampler == 'ClassBalancedSampler') == ('-balanced' in name)


@pytest.mark.parametrize(
    'name', [name for name in _of('scn', 'rul')
             if 'noise' in name and '_without' not in name])
def test_wrong_labels_are_corrected(name):
    cfg = Config.fromfile(ROOT / name)
    assert cfg.model.label_bank.num_classes == cfg.model.head.num_classes
    assert _reader(cfg.train_dataloader).noise.ratio in (.1, .2, .3)
    start, = [hook.start_epoch for hook in cfg.custom_hooks
              if hook.type == 'LabelCorrectionHook']
    assert 2 * start <= cfg.train_cfg.max_epochs


def _different_steps():
    """One config of all that train the same model on the same views."""
    found = {}
    for name in CONFIGS:
        cfg = Config.fromfile(ROOT / name)
        key = repr([cfg.model, cfg.data_preprocessor, cfg.optim_wrapper,
                    [t for t in _reader(cfg.train_dataloader).pipeline
                     if t['type'] == 'FaceViews'], _input_size(cfg)])
        found.setdefault(key, name)
    return list(found.values())


@pytest.mark.parametrize('name', _different_steps())
def test_takes_a_training_step(name):
    cfg = Config.fromfile(ROOT / name)
    init_default_scope(cfg.default_scope)
    torch.manual_seed(0)
    model = MODELS.build(
        dict(
            narrow_hybrid(cfg.model),
            data_preprocessor=cfg.data_preprocessor))
    optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    size, num_classes = _input_size(cfg), cfg.model.head.num_classes
    units = {len(m.au_names) for m in model.modules()
             if hasattr(m, 'au_names')}
    samples = []
    for label in (0, num_classes - 1):
        sample = FERDataSample().set_gt_label(label)
        sample.set_gt_landmarks(size * torch.rand(68, 2))
        sample.set_gt_va(2 * torch.rand(2) - 1)
        for number in units:
            sample.set_gt_au(torch.randint(2, (number, )).float())
        if "'use_soft': True" in repr(cfg.model.head.to_dict()):
            score = torch.full((num_classes, ), 0.5 / (num_classes - 1))
            score[label] = 0.5
            sample.set_gt_score(score)
        samples.append(sample)
    pipeline = _reader(cfg.train_dataloader).pipeline
    views = next(
        (len(t.views) for t in pipeline if t['type'] == 'FaceViews'), None)
    shape = picture_shape(model, size)
    inputs = torch.randint(
        0, 256, (2, *shape) if views is None else (2, views, *shape),
        dtype=torch.uint8)
    before = model.head.fc.weight.detach().clone() if hasattr(
        model.head, 'fc') else None
    losses = model.train_step(
        dict(inputs=inputs, data_samples=samples), optim_wrapper)
    assert torch.isfinite(losses['loss'])
    if before is not None:
        assert not torch.equal(before, model.head.fc.weight)


# Reader -> how metafiles call its set.
SETS = dict(
    AffWild2='Aff-Wild2', AffectNet='AffectNet', CASME2='CASME II',
    CIFAR10='CIFAR-10', CIFAR100='CIFAR-100', CKPlus='CK+', CKPlus48='CK+',
    DFME='DFME', ExpW='ExpW', FER2013='FER2013', FERPlus='FERPlus',
    MEGC2019='CASME II, SAMM, SMIC-HS', PackedFER='FERPlus', RAFDB='RAF-DB',
    SAMM='SAMM', SFEW='SFEW 2.0', SyntheticFER='SyntheticFER')


METHODS = [
    path.parent.name for path in sorted(ROOT.glob('*/metafile.yml'))
]


@pytest.mark.parametrize('method', METHODS)
def test_metafile_lists_the_configs_of_a_method(method):
    folder = ROOT / method
    meta = yaml.safe_load((folder / 'metafile.yml').read_text())
    configs = sorted(
        f'configs/{method}/{path.name}' for path in folder.glob('*.py'))
    assert [model['Config'] for model in meta['Models']] == configs
    collection, = meta['Collections']
    assert collection['README'] == f'configs/{method}/README.md'
    for model in meta['Models']:
        assert model['In Collection'] == collection['Name']
        assert model['Name'] == model['Config'].split('/')[-1][:-3]
    text = (folder / 'README.md').read_text()
    for config in configs:
        assert config.split('/')[-1] in text


# Micro-expressions have datasets of their own; the flagship is one model.
@pytest.mark.parametrize(
    'method', [m for m in METHODS
               if m not in ('casme2', 'dfme', 'flagship', 'megc2019',
                            'samm')])
def test_a_method_has_configs_for_four_datasets(method):
    names = [path.stem for path in (ROOT / method).glob('*.py')]
    for dataset in (('rafdb', ), ('affectnet7', 'affectnet8'),
                    ('ferplus', ), ('synthetic', )):
        assert any(name.split('_')[-1] in dataset for name in names), dataset


def test_configs_have_the_agreed_names():
    assert {
        'scn/scn_resnet18_1xb64_rafdb.py', 'rul/rul_resnet18_1xb64_rafdb.py',
        'eac/eac_resnet50_1xb32_rafdb.py', 'eac/eac_resnet18_1xb32_rafdb.py',
        'dan/dan_resnet18_1xb256_rafdb.py',
        'fan2022/fan2022_cbam-resnet18_1xb64_rafdb.py',
        'ulc_ag/ulc-ag_resnet18_1xb64_affectnet8.py',
        *(f'akt/akt_resnet18_1xb64_{dataset}.py'
          for dataset in ('rafdb', 'affectnet7', 'ferplus', 'synthetic',
                          'ferplus48-noise30')),
        *(f'{folder}_resnet18_1xb64_{dataset}.py'
          for folder in ('ulc_ag/ulc-ag', 'mtac/mtac', 'uapl/uapl')
          for dataset in ('rafdb', 'ferplus', 'synthetic')),
        *(f'mtac/mtac_resnet18_1xb64_{dataset}.py'
          for dataset in ('affectnet7', 'affectnet8', 'affwild2')),
        'uapl/uapl_resnet18_1xb64_affectnet7.py',
        *(f'{name}_affectnet8.py' for name in (
            'scn/scn_resnet18_1xb64', 'dan/dan_resnet18_1xb256',
            'eac/eac_resnet50_1xb32')),
        *(f'apvit/apvit_ir50-vit-small_1xb128_{dataset}.py' for dataset in
          ('rafdb', 'affectnet7', 'ferplus', 'sfew', 'expw')),
        'transfer/transfer_ir50-vit-small_1xb64_rafdb.py',
        'baseline/dlib-resnet_1xb64_ferplus.py',
        *(f'{folder}_dlib-resnet_1xb64_ferplus.py' for folder in
          ('akt/akt', 'cri/cri', 'dan/dan', 'eac/eac', 'flagship/flagship',
           'mtac/mtac', 'rul/rul', 'scn/scn', 'uapl/uapl',
           'ulc_ag/ulc-ag')),
        *(f'cri/cri_resnet18_1xb64_{dataset}.py' for dataset in
          ('rafdb', 'affectnet8', 'ferplus', 'synthetic')),
        *(f'cri/cri_resnet32_1xb128_{dataset}-lt-if100.py'
          for dataset in ('cifar10', 'cifar100')),
        'cri/cri_resnet50_2xb128_imagenet-lt.py',
        'cri/cri_resnet50_8xb80_inat18.py',
        *(f'facetoponet/facetoponet_resnet18_1xb64_{dataset}.py' for dataset in
          ('affectnet7', 'fer2013', 'expw', 'rafdb', 'ckplus', 'synthetic'))
    } <= set(CONFIGS)


def test_classifier_learns_ten_times_faster():
    """RUL's recipe, also taken for its reconstruction of 2022."""
    cfg = Config.fromfile(ROOT / 'rul/rul_resnet18_1xb64_rafdb.py')
    init_default_scope(cfg.default_scope)
    model = MODELS.build(cfg.model)
    optim = build_optim_wrapper(model, cfg.optim_wrapper).optimizer
    fc = {id(p) for p in model.head.fc.parameters()}
    rates = {(id(p) in fc, group['lr'])
             for group in optim.param_groups for p in group['params']}
    assert rates == {(True, 2e-3), (False, 2e-4)}


def _boxes(scheme, count):
    """Boxes of the patches on a 14 x 14 map, of a face that looks ahead."""
    if scheme == 'landmark24':
        points = torch.tensor(MEAN_FACES[68])[None].expand(count, -1, -1)
        centers, size = windows_around(points, 14, 14)
        half = torch.tensor(size[::-1]) / 28
        return torch.cat([centers - half, centers + half], 2)
    windows = torch.tensor(patch_windows(scheme, 14, 14)) / 14
    return windows[:, [2, 0, 3, 1]].expand(count, -1, -1)


def test_what_teaches_patch_visibility_acts():
    """Where the loss is, an augment records what it erases, last of
    all; nothing is erased unrecorded; and patches are small enough: of most
    erased faces some are covered and others are free."""
    taught = set()
    for path in CONFIGS:
        cfg = Config.fromfile(ROOT / path)
        head = cfg.get('model', {}).get('head') or {}
        if not isinstance(head, dict) or not head.get('visibility'):
            continue
        taught.add(Path(path).name.removesuffix('.py'))
        erasing = cfg.data_preprocessor.augments[-1]
        assert erasing.type == 'BatchErasing', path
        for step in cfg.train_dataloader.dataset.pipeline:
            assert 'Erasing' not in step.type, path
        torch.manual_seed(0)
        window = MODELS.build(erasing).draw(400, (224, 224)).float()[:, :4]
        window = window[(window[:, 2:] > window[:, :2]).all(1)] / 224
        share = window_coverage(
            _boxes(cfg.model.neck.patches, len(window)), window)
        threshold = MODELS.build(head.visibility).threshold
        both = (share >= threshold).any(1) & (share == 0).any(1)
        assert both.float().mean() > .5, path
    assert {f'uapl_resnet18_1xb64_{name}' for name in (
        'rafdb', 'affectnet7', 'ferplus', 'synthetic-occluded',
        'ferplus48-occluded')} < taught


@pytest.mark.parametrize('dataset', ['synthetic', 'ferplus48'])
def test_the_uniform_control_has_the_same_parameters(dataset):
    path = f'uapl/uapl_resnet18_1xb64_{dataset}-occluded'
    sizes, options = [], []
    for end in ('', '_uniform'):
        cfg = Config.fromfile(ROOT / f'{path}{end}.py')
        init_default_scope(cfg.default_scope)
        sizes.append({k: p.shape for k, p in MODELS.build(
            cfg.model).named_parameters()})
        options.append(cfg.to_dict())
    assert sizes[0] == sizes[1]
    assert options[1]['model']['neck'].pop('sharpness') == 0
    for one in options:
        one.pop('filename', None)
    assert options[0] == options[1]
