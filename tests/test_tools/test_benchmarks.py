# Copyright (c) mmfer contributors.
"""The benchmarks on tiny settings; times themselves are never tested."""
import importlib.util
import json
from pathlib import Path

import cv2
import pytest
import torch

from mmfer.registry import DATASETS

from ..toys import make_ferplus, small_config

TOOLS = Path(__file__).parents[2] / 'tools/benchmarks'
FIELDS = {'variant', 'task', 'unit', 'base', 'ratio', 'value', 'values',
          'peak_mib', 'device_mib'}


@pytest.fixture(autouse=True)
def threads():
    """Benchmarks set them, and sums depend on their number."""
    number, opencv = torch.get_num_threads(), cv2.getNumThreads()
    yield
    torch.set_num_threads(number)
    cv2.setNumThreads(opencv)


@pytest.fixture
def call(tmp_path):
    """Run a benchmark; what its JSON file holds."""

    def run(name, *args):
        path = tmp_path / 'report.json'
        assert load(name).main([*map(str, args), '--json', str(path)]) == 0
        report = json.loads(path.read_text())
        assert report['benchmark'] == name
        assert report['environment']['versions']['mmpretrain']
        return report

    return run


def load(name):
    spec = importlib.util.spec_from_file_location(
        f'benchmark_{name}', TOOLS / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check(results, fields=FIELDS):
    for record in results:
        assert set(record) == fields
        for key in ('ratio', 'value'):
            middle = record[key]
            assert 0 < middle['low'] <= middle['median'] <= middle['high']


@pytest.fixture
def config(tmp_path):
    data = make_ferplus(tmp_path / 'faces')
    make_ferplus(data, 'valid', per_class=1)
    cfg = small_config(data, tmp_path / 'run')
    cfg.dump(tmp_path / 'toy.py')
    return tmp_path / 'toy.py'


def test_data(call):
    variants = ['stock', 'stock-light', 'torchvision', 'unpacked',
                'unpacked-light', 'packed']
    report = call('data', '--images', 16, '--image-size', 32, '--size', 24,
                  '--pack-size', 32, '--batch', 4, '--seconds', 0.01,
                  '--repeats', 2)
    assert not report['skipped']
    tasks = {}
    for record in report['results']:
        assert FIELDS <= set(record) <= FIELDS | {'worker_mib'}
        assert record['base'] == 'stock' and len(record['values']) == 2
        tasks.setdefault(record['task'], []).append(record['variant'])
    assert list(tasks.values()) == [variants] * 2


def test_data_of_a_config(call, config):
    report = call('data', '--data', config, '--images', 8, '--size', 24,
                  '--batch', 4, '--seconds', 0.01, '--repeats', 1, '--tasks',
                  'fetch', '--only', 'unpacked-light', 'stock')
    check(report['results'])
    assert [r['variant'] for r in report['results']] == ['unpacked-light',
                                                         'stock']
    assert report['results'][1]['base'] == 'unpacked-light'
    assert report['settings']['data'] == 'toy.py'


def test_step(call, config):
    report = call('step', config, '--batch', 2, '--size', 16, '--steps', 1,
                  '--repeats', 2, '--threads', 1)
    check(report['results'])
    assert [r['variant'] for r in report['results']] == [
        'float32', 'channels-last', 'bf16']


def test_step_of_two_configs(call, config):
    other = config.with_name('other.py')
    other.write_text(config.read_text())
    report = call('step', config, other, '--batch', 2, '--size', 16,
                  '--steps', 1, '--repeats', 1, '--threads', 1)
    check(report['results'])
    assert [r['variant'] for r in report['results']] == ['toy', 'other']
    assert report['results'][1]['base'] == 'toy'


def test_step_alone(call, config):
    """All memory of a network counts, not what it adds to the others'."""
    from mmengine.config import Config
    wide = config.with_name('wide.py')
    cfg = Config.fromfile(config)
    cfg.model.head.in_channels = 512
    cfg.model.backbone = dict(type='ResNet', depth=18)
    cfg.dump(wide)
    report = call('step', wide, config, '--batch', 2, '--size', 32,
                  '--steps', 1, '--repeats', 1, '--threads', 1, '--alone')
    check(report['results'])
    assert report['settings']['alone']
    peaks = [record['peak_mib'] for record in report['results']]
    if all(peaks):
        # Weights and gradients of 11.2 million numbers.
        assert peaks[0]['low'] > 2 * 4 * 11.2e6 / 2**20 > peaks[1]['high']


@pytest.mark.slow
def test_train(call, config):
    report = call('train', config, '--iters', 3, '--size', 24, '--batch', 4,
                  '--workers', 1, '--threads', 1, '--steps', 1, '--repeats',
                  1)
    check(report['results'], FIELDS | {'worker_mib'})
    assert report['settings']['iterations'] == 3
    tasks = {}
    for record in report['results']:
        tasks.setdefault(record['task'], []).append(record['variant'])
        assert record['peak_mib']['median'] > 50
        assert record['worker_mib']['median'] > 50
    assert tasks == dict.fromkeys(load('train').FIGURES, ['stock', 'toy'])


def test_stock_config_trains_without_us(config, tmp_path):
    """Nothing of ours is left in it, and it reads the same pictures."""
    from mmengine.config import Config
    from mmengine.registry import DefaultScope

    from mmfer.analysis.benchmarking.training import shorten, stock_config
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        cfg = shorten(
            stock_config(Config.fromfile(config), 24, 4, 0, str(tmp_path)),
            2, None, None)
        dataset = DATASETS.build(cfg.train_dataloader.dataset)
    text = cfg.pretty_text
    assert 'FER' not in text and 'Face' not in text and 'mmfer' not in text
    assert len(dataset) == 8
    ours = DATASETS.build(
        dict(type='FERPlus', data_root=str(tmp_path / 'faces'), pipeline=[]))
    for index in range(8):
        sample, info = dataset[index], ours.get_data_info(index)
        assert sample['inputs'].shape == (3, 24, 24)
        assert sample['data_samples'].gt_label.item() == info['gt_label']
        assert Path(sample['data_samples'].img_path) == Path(info['img_path'])


@pytest.mark.parametrize('name, args, words', [
    ('data', ['--only', 'fast'], 'no such variant'),
    ('data', ['--images', '0'], '--images must be positive, got 0'),
    ('data', ['--image-size', '4'], 'must lie in [32, 1024], got 4'),
    ('data', ['--seconds', '-1'], '--seconds must be positive'),
    ('data', ['--json', '/no/such/folder/x.json'], 'cannot be written'),
    ('data', ['--data', 'no.py'], 'no.py: no such config'),
    ('step', [], 'required: CONFIG'),
    ('step', ['no.py'], 'no.py: no such config'),
    ('step', ['no.py', '--batch', '0'], '--batch must be positive'),
    ('step', ['no.py', '--settings', 'fp8'], 'fp8'),
    ('train', ['no.py'], 'no.py: no such config'),
    ('train', ['a.py', 'b/a.py'], 'two variants of one name'),
    ('train', ['a.py', '--iters', '1'], '--iters must be at least 2'),
    ('train', ['a.py', '--workers', '-1'], 'must not be negative, got -1'),
    ('train', ['a.py', '--only', 'b'], 'no such variant'),
    ('video', ['--only', 'c3d'], 'no such variant'),
    ('video', ['--size', '0'], '--size must be positive, got 0'),
    ('video', ['--only', 'p3d199', '--frames', '8', '--size', '32', '--batch',
               '1', '--repeats', '1'], 'at least 16 frame'),
    ('video', ['--only', 'resnet18-pool', 'r3d18', '--size', '32', '--batch',
               '1'], 'r3d18 cannot train on 1 clip(s) of 16 frame(s), 32 px'),
    ('inference', ['no.py'], 'no.py: no such config'),
    ('inference', ['a.py', '--batches', '0'], '--batches must be positive'),
    ('inference', ['a.py', '--only', 'pytorch-3'], 'no such variant'),
    ('memory', ['--classes', '0'], '--classes must be positive, got 0'),
    ('precision', ['a.py', '--epochs', '0'], '--epochs must be positive'),
], ids=lambda value: value if isinstance(value, str) else '_'.join(value))
def test_bad_arguments(name, args, words, capsys):
    try:
        code = load(name).main(args)
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert words in capsys.readouterr().err


def test_inference(call, config):
    report = call('inference', config, '--images', 4, '--image-size', 32,
                  '--batches', 3, '--threads', 1, '--repeats', 1, '--only',
                  'mmpretrain', 'pytorch-3')
    check(report['results'])
    assert [r['variant'] for r in report['results']] == ['mmpretrain',
                                                         'pytorch-3']


def test_video(call):
    report = call('video', '--only', 'torchvision-mc3_18', 'resnet18-pool',
                  '--batch', 1, '--frames', 4, '--size', 32, '--steps', 1,
                  '--repeats', 1, '--threads', 1)
    check(report['results'], FIELDS | {'parameters'})
    assert [(r['task'], r['variant']) for r in report['results']] == [
        (task, name) for task in ('forward', 'training step')
        for name in ('torchvision-mc3_18', 'resnet18-pool')]
    # ResNet-18 without its 1000 classes, and eight classes.
    size = report['results'][1]['parameters']['median']
    assert size == pytest.approx((11.689512e6 - 513e3 + 513 * 8) / 1e6,
                                 abs=.01)


def test_memory(call):
    report = call('memory', '--samples', 20000, '--repeats', 1)
    check(report['results'])
    assert [r['variant'] for r in report['results']] == [
        'DefaultSampler', 'ClassBalancedSampler', 'LabelBank']
