# Copyright (c) mmfer contributors.
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.runner import CheckpointLoader, Runner

import mmfer
from mmfer.engine.hooks import LabelCorrectionHook
from mmfer.engine.label_corrections import correction_quality, keep_until
from mmfer.models.banks import Corrections
from mmfer.registry import HOOKS
from ... import relabel_toys
from ...toys import make_ferplus, small_config

ROOT = Path(mmfer.__file__).parents[1]
CAP = 4
NOISE = dict(type='SymmetricNoise', ratio=.4, seed=1)
CLASSES = ('neutral', 'happiness', 'surprise', 'sadness', 'anger', 'disgust',
           'fear', 'contempt')
# The toy training and validation sets, see conftest.py.
TRUTH = [c for c in range(8) for _ in range(4 + c)]
VALID = [c for c in range(8) for _ in range(2 + c)]


def relabelling(truth=TRUTH, noise=NOISE, hooks=(), **options):
    """Options of a toy run that corrects labels."""
    result = dict(
        model__type='RelabelToy',
        model__truth=list(truth),
        model__label_bank=dict(
            type='LabelBank', num_classes=8, max_changes=CAP),
        train_dataloader__dataset__noise=noise,
        default_hooks__checkpoint__save_best=None,
        val_dataloader=None, val_cfg=None, val_evaluator=None,
        custom_hooks=[
            dict(type='SampleIndexHook'), dict(type='LabelCorrectionHook'),
            dict(type='LabelSpaceHook'), dict(type='ProtocolHook'), *hooks
        ])
    result.update(options)
    return result


def lines_of(work_dir):
    with open(os.path.join(work_dir, 'corrections.jsonl')) as file:
        return [json.loads(line) for line in file]


def as_tuples(lines, classes=CLASSES):
    return [(e['epoch'], e['index'], classes.index(e['old']),
             classes.index(e['new'])) for e in lines]


def given_of(runner):
    return runner.train_dataloader.dataset.get_gt_labels().tolist()


def test_corrections_follow_the_rule(toy_runner, log_of):
    runner = toy_runner(**relabelling())
    runner.train()
    given = given_of(runner)
    assert given != TRUTH
    changes, final = relabel_toys.expected(given, TRUTH, 3, CAP)
    lines = lines_of(runner.work_dir)
    assert as_tuples(lines) == changes and len(changes) == 3 * CAP
    assert runner.model.label_bank.label.tolist() == final
    dataset = runner.train_dataloader.dataset
    for entry in lines:
        i = entry['index']
        assert entry['path'] == dataset.get_data_info(i)['img_path']
        assert entry['given'] == CLASSES[given[i]]
        assert entry['clean'] == CLASSES[TRUTH[i]]
        assert entry['score'] == pytest.approx(.9)
        assert entry['margin'] == pytest.approx(relabel_toys.margin(i),
                                                abs=1e-6)
    # What each batch was trained on: labels of the epoch before.
    labels, drawn = list(given), runner.model.drawn
    for epoch in range(3):
        part = drawn[8 * epoch:8 * epoch + 8]
        seen = dict(zip(torch.cat([i for i, _ in part]).tolist(),
                        torch.cat([s for _, s in part]).tolist()))
        assert seen == dict(enumerate(labels))
        for e, i, _, new in changes:
            if e == epoch + 1:
                labels[i] = new
    # Precision and recall, counted from the rule.
    right = sum(new == TRUTH[i] for e, i, _, new in changes if e == 3)
    hub = runner.message_hub
    assert hub.get_scalar('label_bank/precision').current() == right / CAP
    wrong = sum(a != b for a, b in zip(final, TRUTH))
    assert hub.get_scalar('label_bank/noise_rate').current() == wrong / 60
    assert hub.get_scalar('label_bank/changes').current() == CAP
    text = log_of(runner)
    assert f'label bank, epoch 3: {CAP} labels changed' in text
    assert f'precision {100 * right / CAP:.2f} %' in text
    bad = [i for i in range(60) if given[i] != TRUTH[i]]
    right = sum(final[i] == TRUTH[i] for i in bad)
    assert f'{right} of {len(bad)} wrong labels were put right' in text
    scalars = next(Path(runner.work_dir).glob('*/vis_data/scalars.json'))
    assert 'label_bank/precision' in scalars.read_text()


def test_noise_is_told_and_written(toy_runner, log_of):
    """By ProtocolHook; the table gives the same labels to another run."""
    runner = toy_runner(**relabelling(train_cfg__max_epochs=1))
    runner.train()
    with open(os.path.join(runner.work_dir, 'protocol.json')) as file:
        told = json.load(file)['data']['train']['sets'][0]['noise']
    dataset = runner.train_dataloader.dataset
    flipped = int((dataset.get_gt_labels() != TRUTH).sum())
    assert told['flipped'] == flipped and told['seed'] == 1
    text = log_of(runner)
    assert 'SymmetricNoise(ratio=0.4, among=others, seed=1' in text
    assert f'{flipped} of 60 labels flipped' in text
    table = os.path.join(runner.work_dir, 'noise.csv')
    with open(os.path.join(runner.work_dir, 'noise.json')) as file:
        assert json.load(file) == told
    again = toy_runner(**relabelling(
        noise=dict(type='FileNoise', file=table), train_cfg__max_epochs=1))
    again.train()
    assert given_of(again) == given_of(runner)


def test_a_correction_is_asked_from_its_first_epoch(toy_runner):
    """With margin 0 a sample gets the class that the network finds likeliest
    when it is drawn."""
    options = relabelling(
        model__label_bank=dict(
            type='LabelBank', num_classes=8,
            correction=dict(type='MarginRelabeling', margin=0., scope='all')))
    del options['model__truth']
    options['model__type'] = 'FERClassifier'
    options['custom_hooks'][1]['start_epoch'] = 2
    runner = toy_runner(**options)
    stage, proposed = runner.model.label_bank.stage, {}

    def told(index, labels, *rest):
        proposed.update(zip(index.tolist(), labels.tolist()))
        return stage(index, labels, *rest)

    runner.model.label_bank.stage = told
    runner.train()
    lines = lines_of(runner.work_dir)
    assert {entry['epoch'] for entry in lines} <= {2, 3}
    assert [e for e in lines if e['epoch'] == 2]
    assert len(proposed) == len(TRUTH)
    assert runner.model.label_bank.label.tolist() == [
        proposed[i] for i in range(len(TRUTH))]


def test_bad_start_epoch():
    with pytest.raises(ValueError, match='start_epoch must be at least 1'):
        LabelCorrectionHook(start_epoch=0)


def test_without_noise_nobody_knows_the_truth(toy_runner, log_of):
    runner = toy_runner(**relabelling(noise=None, train_cfg__max_epochs=1))
    runner.train()
    lines = lines_of(runner.work_dir)
    assert lines and not any('clean' in entry for entry in lines)
    assert 'precision' not in log_of(runner).split('label bank')[1]
    assert not os.path.exists(os.path.join(runner.work_dir, 'noise.csv'))


def wrapped(kind, dataset):
    if kind == 'repeat':
        return dict(type='RepeatDataset', times=3, dataset=dataset)
    if kind == 'balanced':
        return dict(type='ClassBalancedDataset', oversample_thr=.2,
                    dataset=dataset)
    other = dict(dataset, split='valid', noise=None)
    return dict(type='ConcatDataset', datasets=[other, dataset])


@pytest.mark.parametrize('kind', ['repeat', 'balanced', 'concat', 'sampler'])
def test_wrappers_samplers_and_persistent_workers(toy_runner, kind):
    truth = VALID + TRUTH if kind == 'concat' else TRUTH
    options = relabelling(
        truth, train_cfg__max_epochs=2, train_dataloader__num_workers=2,
        train_dataloader__persistent_workers=True)
    if kind == 'sampler':
        options['train_dataloader__sampler'] = dict(
            _delete_=True, type='ClassBalancedSampler')
    else:
        dataset = toy_runner(**options).cfg.train_dataloader.dataset
        del options['train_dataloader__dataset__noise']
        options['train_dataloader__dataset'] = dict(
            _delete_=True, **wrapped(kind, dataset.to_dict()))
    runner = toy_runner(**options)
    runner.train()
    drawn = runner.model.drawn
    steps = len(drawn) // 2
    given = runner.model.label_bank.given.tolist()
    lines = lines_of(runner.work_dir)
    if kind == 'sampler':  # not every sample is drawn
        labels = list(given)
        for epoch in (1, 2):
            seen = set(torch.cat([i for i, _ in drawn[:steps]]).tolist())
            drawn = drawn[steps:]
            pending = sorted(
                (-relabel_toys.margin(i), i) for i in seen
                if labels[i] != relabel_toys.proposal(i, truth[i]))[:CAP]
            changed = sorted(i for _, i in pending)
            assert changed == [
                e['index'] for e in lines if e['epoch'] == epoch]
            for i in changed:
                labels[i] = relabel_toys.proposal(i, truth[i])
        return
    changes, final = relabel_toys.expected(given, truth, 2, CAP)
    assert as_tuples(lines) == changes
    assert runner.model.label_bank.label.tolist() == final
    if kind == 'concat':
        known = [e for e in lines if 'clean' in e]
        assert {e['index'] >= len(VALID) for e in known} <= {True}
        assert [e['path'].split('/')[-2] for e in lines] == [
            'FER2013Valid' if e['index'] < len(VALID) else 'FER2013Train'
            for e in lines]


def test_resumed_run_goes_on_with_its_bank(toy_runner):
    """With the model averaged by EMAHook, which copies and swaps it."""
    options = relabelling(hooks=[dict(type='EMAHook')])
    first = toy_runner(train_cfg__max_epochs=2, **options)
    first.train()
    path = os.path.join(first.work_dir, 'corrections.jsonl')
    with open(path, 'a') as file:  # of an epoch that was not saved, cut off
        file.write('{"epoch": 3, "index": 1}\n{"epoch": 3, "ind')
    options['train_cfg__max_epochs'] = 4
    runner = toy_runner(resume=True, **options)
    runner.train()
    changes, final = relabel_toys.expected(given_of(runner), TRUTH, 4, CAP)
    assert as_tuples(lines_of(runner.work_dir)) == changes
    assert runner.model.label_bank.label.tolist() == final
    # The confidence went on as well.
    mean = runner.model.label_bank.confidence_mean
    torch.testing.assert_close(mean, torch.tensor(
        [relabel_toys.margin(i) for i in range(60)]))


def test_a_repeated_evaluation_has_the_same_metrics(toy_runner):
    """Killed between the checkpoint of the last epoch and its result."""
    options = relabelling()
    for name in ('val_dataloader', 'val_cfg', 'val_evaluator'):
        del options[name]
    first = toy_runner(**options)
    first.train()
    path = Path(first.work_dir, 'protocol.json')
    block = json.loads(path.read_text())
    lost = block['epochs'].pop()
    path.write_text(json.dumps(block))
    second = toy_runner(
        resume=True, load_from=os.path.join(first.work_dir, 'epoch_3.pth'),
        **options)
    second.train()
    found = json.loads(
        Path(second.work_dir, 'protocol.json').read_text())['epochs'][-1]
    names = [n for n in lost['metrics'] if n.startswith('label_bank/')]
    assert lost['metrics']['label_bank/changes'] == CAP and len(names) > 4
    assert {n: found['metrics'][n] for n in names} == {
        n: lost['metrics'][n] for n in names}


def test_resumed_elsewhere(toy_runner):
    first = toy_runner(train_cfg__max_epochs=1, **relabelling())
    first.train()
    folder = f'{first.work_dir}_old'
    os.rename(first.work_dir, folder)
    runner = toy_runner(
        resume=True, load_from=os.path.join(folder, 'epoch_1.pth'),
        train_cfg__max_epochs=2, **relabelling())
    runner.train()
    changes, _ = relabel_toys.expected(given_of(runner), TRUTH, 2, CAP)
    assert as_tuples(lines_of(runner.work_dir)) == changes
    assert len(lines_of(folder)) == CAP


def test_checkpoints_are_tested_and_fine_tuned(toy_runner):
    first = toy_runner(train_cfg__max_epochs=1, **relabelling())
    first.train()
    path = os.path.join(first.work_dir, 'epoch_1.pth')
    tested = toy_runner(load_from=path, **relabelling())
    assert 'expr/accuracy' in tested.test()
    # Another training set: weights are taken, the bank starts anew.
    tuned = toy_runner(
        load_from=path, train_cfg__max_epochs=1,
        train_dataloader__dataset__indices=40, **relabelling())
    tuned.train()
    changes, _ = relabel_toys.expected(given_of(tuned), TRUTH, 1, CAP)
    assert as_tuples(lines_of(tuned.work_dir)) == changes
    assert tuned.model.label_bank.size == 40


_RUN = """
import os
import mmfer
from mmengine.config import Config
from mmengine.runner import Runner
from mmfer.apis.run import prepare_config
import sys
cfg = Config.fromfile(sys.argv[1])
Runner.from_cfg(prepare_config(cfg, launcher='pytorch')).train()
"""


def test_two_processes_killed_and_resumed_by_one(tmp_path):
    """Every process believes the same, and a run of one process goes on
    where a run of two was killed."""
    root = make_ferplus(tmp_path / 'data')
    make_ferplus(root, 'valid', per_class=1)
    truth = [i % 8 for i in range(31)]

    def config(epochs, **hook):
        cfg = small_config(root, tmp_path / 'run', epochs=epochs)
        cfg.model.update(
            type='RelabelToy', truth=truth,
            label_bank=dict(type='LabelBank', num_classes=8, max_changes=CAP))
        cfg.train_dataloader.batch_size = 4
        # An odd number: one sample is drawn by both processes.
        cfg.train_dataloader.dataset.update(noise=NOISE, indices=31)
        cfg.custom_imports.imports += ['tests.relabel_toys']
        cfg.custom_hooks += [
            dict(type='LabelCorrectionHook'), dict(type='TellBankHook', **hook)
        ]
        return cfg

    config(4, kill_at=3).dump(tmp_path / 'two.py')
    (tmp_path / 'run.py').write_text(_RUN)
    killed = subprocess.run(
        [sys.executable, '-m', 'torch.distributed.run', '--standalone',
         '--nproc_per_node=2', tmp_path / 'run.py', tmp_path / 'two.py'],
        env={**os.environ, 'PYTHONPATH': os.fspath(ROOT),
             'CUDA_VISIBLE_DEVICES': ''},
        capture_output=True, text=True)
    assert killed.returncode != 0
    run = tmp_path / 'run'
    assert (run / 'epoch_2.pth').exists(), killed.stderr[-3000:]
    assert not (run / 'epoch_3.pth').exists()

    cfg = config(4)
    cfg.resume = True
    runner = Runner.from_cfg(cfg)
    runner.train()
    given = given_of(runner)
    for epoch in (1, 2):
        one, two = (json.loads((run / f'epoch{epoch}_rank{r}.json').read_text(
        )) for r in (0, 1))
        assert one == two
        _, labels = relabel_toys.expected(given, truth, epoch, CAP)
        assert one['given'] == given and one['label'] == labels
        assert one['staged'] == 0
        assert one['confidence'] == [relabel_toys.margin(i)
                                     for i in range(31)]
    changes, final = relabel_toys.expected(given, truth, 4, CAP)
    assert as_tuples(lines_of(run)) == changes
    assert runner.model.label_bank.label.tolist() == final


# -- numbers


def test_quality_against_a_plain_count():
    rng = np.random.default_rng(0)
    clean = rng.integers(0, 5, 300)
    clean[rng.random(300) < .2] = -1
    given, before, now = (
        np.where(rng.random(300) < .5, rng.integers(0, 5, 300), abs(clean))
        for _ in range(3))
    index = np.flatnonzero(before != now)
    empty = torch.zeros(len(index))
    changes = Corrections(*map(torch.tensor, (
        index, given[index], before[index], now[index])), empty, empty, 0)
    found = correction_quality(changes, torch.tensor(now), given, clean)
    known = [i for i in range(300) if clean[i] >= 0]

    def share(of, among):
        among = [i for i in known if among(i)]
        return sum(of(i) for i in among) / len(among)

    def right(i):
        return now[i] == clean[i]

    assert found == pytest.approx(dict(
        precision=share(right, lambda i: before[i] != now[i]),
        recall=share(right, lambda i: before[i] != clean[i]),
        total_precision=share(right, lambda i: now[i] != given[i]),
        total_recall=share(right, lambda i: given[i] != clean[i]),
        noise_rate=share(lambda i: not right(i), lambda i: True)))


def test_wrong_labels_in_the_low_group_against_a_plain_count():
    """The low group are the 30 of 100 known samples with the least trust."""
    rng = np.random.default_rng(0)
    clean = rng.integers(0, 5, 120)
    clean[:10] = -1
    label = np.where(rng.random(120) < .4, rng.integers(0, 5, 120),
                     abs(clean))
    trust = rng.permutation(120) / 120
    trust[-20:] = np.nan
    none = torch.zeros(0, dtype=torch.int64)
    changes = Corrections(none, none, none, none, none, none, 0)
    found = correction_quality(changes, torch.tensor(label), label, clean,
                               torch.tensor(trust))['low_group']
    low = sorted(range(100), key=lambda i: trust[i])[:30]
    wrong = [i for i in range(10, 100) if label[i] != clean[i]]
    assert found == sum(i in low for i in wrong) / len(wrong)
    assert 0 < found < 1


def test_shares_of_nothing_are_left_out():
    none = torch.zeros(0, dtype=torch.int64)
    changes = Corrections(none, none, none, none, none, none, 0)
    labels = np.array([0, 1])
    assert correction_quality(changes, torch.tensor([0, 1]), labels,
                              labels) == dict(noise_rate=0.)
    assert correction_quality(changes, torch.tensor([0, 1]), labels,
                              np.array([-1, -1])) == {}


def test_bad_lines_are_left_out(tmp_path):
    path = tmp_path / 'c.jsonl'
    path.write_text('{"epoch": 1}\nnonsense\n[1]\n{"index": 2}\n'
                    '{"epoch": "1"}\n{"epoch": 2}\n{"epoch": 3}')
    keep_until(str(path), 2, str(path))
    assert path.read_text() == '{"epoch": 1}\n{"epoch": 2}\n'
    keep_until(str(path), 0, str(path))
    assert path.read_text() == ''


# -- bad runs


def test_registered_under_its_bare_name():
    assert HOOKS.get('LabelCorrectionHook') is LabelCorrectionHook


@pytest.mark.parametrize('options, told', [
    (dict(model__label_bank=None), 'found 0 label banks'),
    (dict(model__label_bank=dict(type='LabelBank', num_classes=4)),
     'model.label_bank.num_classes=8'),
    (dict(train_cfg=dict(_delete_=True, by_epoch=False, max_iters=4)),
     'by_epoch=True'),
    (dict(model__train_cfg=dict(augments=dict(type='Mixup', alpha=.2))),
     'batch_augments'),
    (dict(model__data_preprocessor=dict(
        _delete_=True, type='FERDataPreprocessor',
        augments=[dict(type='BatchCutMix', alpha=1., num_classes=8)])),
     'labels that BatchCutMix'),
    (dict(custom_hooks=[dict(type='SampleIndexHook')]),
     'LabelCorrectionHook.. to custom_hooks'),
], ids=['no bank', 'too few classes', 'no epochs', 'mixup', 'cutmix',
        'no hook'])
def test_bad_run(toy_runner, options, told):
    with pytest.raises((ValueError, RuntimeError), match=told):
        toy_runner(**relabelling(**options)).train()


def test_bad_second_bank(toy_runner):
    runner = toy_runner(**relabelling())
    runner.model.other = torch.nn.Sequential(
        mmfer.models.LabelBank(num_classes=8))
    with pytest.raises(ValueError, match='found 2 label banks'):
        runner.train()


def test_bad_concatenation_without_unique_indices(toy_runner):
    options = relabelling(VALID + TRUTH)
    dataset = toy_runner(**options).cfg.train_dataloader.dataset.to_dict()
    del options['train_dataloader__dataset__noise']
    options['train_dataloader__dataset'] = dict(
        _delete_=True, **wrapped('concat', dataset))
    options['custom_hooks'] = [dict(type='LabelCorrectionHook')]
    with pytest.raises(ValueError, match='SampleIndexHook'):
        toy_runner(**options).train()


@pytest.mark.parametrize('options, error, told', [
    (dict(train_dataloader__dataset__noise=dict(NOISE, seed=2)), ValueError,
     'made for other labels'),
    (dict(train_dataloader__dataset__indices=50), RuntimeError,
     'does not fit the model.*label_bank.given'),
], ids=['other noise', 'other length'])
def test_bad_resume_with_other_data(toy_runner, options, error, told):
    toy_runner(train_cfg__max_epochs=1, **relabelling()).train()
    with pytest.raises(error, match=told):
        toy_runner(resume=True, **relabelling(**options)).train()


def test_bad_resume_with_other_length_without_the_check(toy_runner):
    """The bank refuses too where LabelSpaceHook is not in use."""
    hooks = [dict(type='SampleIndexHook'), dict(type='LabelCorrectionHook')]
    first = relabelling(custom_hooks=hooks)
    toy_runner(train_cfg__max_epochs=1, **first).train()
    with pytest.raises(ValueError, match='no label bank for the 50 samples'):
        toy_runner(resume=True, train_dataloader__dataset__indices=50,
                   **first).train()


def test_bad_resume_from_a_run_without_bank(toy_runner):
    toy_runner(train_cfg__max_epochs=1).train()
    path = toy_runner().work_dir
    state = CheckpointLoader.load_checkpoint(
        os.path.join(path, 'epoch_1.pth'))['state_dict']
    assert not any('label_bank' in key for key in state)
    with pytest.raises(ValueError, match='holds no label bank'):
        toy_runner(resume=True, **relabelling()).train()
