# Copyright (c) mmfer contributors.
import csv
import hashlib
import io
import os
from collections import defaultdict

import numpy as np
import pytest
from mmengine.config import Config
from mmpretrain.datasets import BaseDataset
from PIL import Image, ImageFile

from mmfer.analysis import verify_config
from mmfer.analysis.verification import (NoDatasetError, scan_array,
                                         scan_file, scan_files)
from mmfer.datasets import BaseFERDataset

CLASSES = ('anger', 'happiness')


def noise(seed, size=(20, 20), channels=3):
    shape = size if channels == 1 else (*size, channels)
    return np.random.default_rng(seed).integers(
        0, 256, shape, dtype=np.uint8)


def save(path, seed=0, **kwargs):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(noise(seed, **kwargs)).save(path)
    return path


def tree(root, seed, number=3):
    """A folder with a subfolder of noise pictures for each class."""
    for i, name in enumerate(CLASSES):
        for j in range(number):
            save(root / name / f'{j}.png', seed + 10 * i + j)
    return root


def folder(root):
    return dict(
        type='CustomDataset', data_root=str(root), pipeline=[dict(type='No')])


def config(**datasets):
    return Config({
        f'{split}_dataloader': dict(batch_size=1, dataset=dataset)
        for split, dataset in datasets.items()
    })


class ListDataset(BaseDataset):
    """Samples as they are given."""

    def __init__(self, samples, subdir='', **kwargs):
        self.samples = samples
        super().__init__('', data_root=subdir, classes=CLASSES, **kwargs)

    def load_data_list(self):
        return [dict(sample) for sample in self.samples]


class ToyFER(BaseFERDataset):
    """Two classes with official counts."""
    LABEL_SPACE = ('anger', 'happiness')
    OFFICIAL_COUNTS = dict(train=dict(anger=3, happiness=4))

    def load_samples(self):
        self.notes = ['a remark']
        return [
            dict(
                img_path=os.path.join(self.data_root, name, f'{i}.png'),
                gt_label=label) for label, name in enumerate(CLASSES)
            for i in range(3)
        ]


def listed(samples, subdir=''):
    return dict(type=ListDataset, samples=samples, subdir=str(subdir))


def found(report):
    return {f['check']: f for f in report['findings']}


def counts(report, level='bytes'):
    return {
        row['where']: (row['groups'], row['images'], row['contradictory'])
        for row in report['duplicates'][level]['counts']
    }


def test_clean_datasets_pass_without_finding(tmp_path):
    report = verify_config(
        config(
            train=folder(tree(tmp_path / 'a', 0)),
            val=folder(tree(tmp_path / 'b', 100))))
    assert report['passed'] and report['findings'] == []
    train, val = report['datasets']
    assert train['class_counts'] == dict(anger=3, happiness=3)
    assert train['decoded'] == val['decoded'] == 6
    assert train['channels'] == dict(colour=6)
    assert train['width'] == train['height'] == [20, 20]
    assert counts(report) == {'all': (0, 0, 0)}


def _encoded(format, **kwargs):
    buffer = io.BytesIO()
    Image.fromarray(noise(1, (40, 40))).save(buffer, format, **kwargs)
    return buffer.getvalue()


def _flip(data, position):
    damaged = bytearray(data)
    damaged[position] ^= 0x10
    return bytes(damaged)


JPEG, PNG = _encoded('JPEG'), _encoded('PNG')
PROGRESSIVE = _encoded('JPEG', progressive=True)
DAMAGE = {
    'jpeg-half': JPEG[:len(JPEG) // 2],
    'jpeg-90-percent': JPEG[:len(JPEG) * 9 // 10],
    'jpeg-last-byte': JPEG[:-1],
    'jpeg-end-marker': JPEG[:-2],
    'jpeg-header-only': JPEG[:200],
    'jpeg-tail-of-zeros': JPEG[:-500] + bytes(500),
    'progressive-jpeg-half': PROGRESSIVE[:len(PROGRESSIVE) // 2],
    'progressive-jpeg-end-marker': PROGRESSIVE[:-2],
    'png-half': PNG[:len(PNG) // 2],
    'png-last-byte': PNG[:-1],
    'png-end-chunk': PNG[:-12],
    'png-header-only': PNG[:33],
    'png-flipped-bit': _flip(PNG, len(PNG) // 2),
    'png-checksum': _flip(PNG, -16),
    'bmp-half': _encoded('BMP')[:2000],
    'text': b'not an image at all',
    'html': b'<html><body>404 Not Found</body></html>',
    'zeros': bytes(3000),
    'signature-only': PNG[:8],
}


@pytest.mark.parametrize('data', DAMAGE.values(), ids=DAMAGE)
def test_bad_image_is_found(tmp_path, data):
    root = tree(tmp_path / 'a', 0)
    (root / 'anger' / '1.png').write_bytes(data)
    report = verify_config(config(train=folder(root)))
    assert not report['passed'] and report['errors'] == 1
    finding = found(report)['corrupt image']
    assert finding['count'] == 1
    assert finding['items'][0].startswith(str(root / 'anger' / '1.png'))
    assert report['datasets'][0]['decoded'] == 5


@pytest.mark.parametrize('data', (JPEG, PROGRESSIVE, PNG, JPEG + b'\0' * 9),
                         ids=('jpeg', 'progressive', 'png', 'padded'))
def test_sound_images_are_not_reported(tmp_path, data):
    (tmp_path / 'a').write_bytes(data)
    facts = scan_file(str(tmp_path / 'a'))
    assert facts.problem is None and (facts.width, facts.height) == (40, 40)


def test_decoding_is_strict_even_if_pillow_was_told_otherwise(
        tmp_path, monkeypatch):
    monkeypatch.setattr(ImageFile, 'LOAD_TRUNCATED_IMAGES', True)
    path = tmp_path / 'a.bmp'
    path.write_bytes(DAMAGE['bmp-half'])
    facts = scan_files([str(path)])[str(path)]
    assert facts.problem == 'corrupt image'
    assert ImageFile.LOAD_TRUNCATED_IMAGES


@pytest.mark.parametrize('kind', ('missing file', 'empty file',
                                  'unreadable file'))
def test_bad_file_is_found(tmp_path, kind):
    root = tree(tmp_path / 'a', 0)
    path = root / 'anger' / '0.png'
    path.unlink()
    if kind == 'empty file':
        path.touch()
    elif kind == 'unreadable file':
        path.mkdir()
    (tmp_path / 'list.txt').write_text('anger/0.png 0\nanger/1.png 0\n'
                                       'happiness/0.png 1\n')
    dataset = dict(
        folder(root), ann_file=str(tmp_path / 'list.txt'),
        metainfo=dict(classes=CLASSES))
    report = verify_config(config(train=dataset))
    assert not report['passed'] and list(found(report)) == [kind]
    assert str(path) in found(report)[kind]['items'][0]


def test_missing_first_image_of_a_reader_is_listed_with_all_others(tmp_path):
    root = tree(tmp_path / 'a', 0)
    (root / 'anger' / '0.png').unlink()
    (root / 'happiness' / '2.png').unlink()
    report = verify_config(config(train=dict(type=ToyFER,
                                             data_root=str(root))))
    assert found(report)['missing file']['count'] == 2


def test_official_counts_and_remarks_of_a_reader(tmp_path):
    root = tree(tmp_path / 'a', 0)
    report = verify_config(config(train=dict(type=ToyFER,
                                             data_root=str(root))))
    check = found(report)['class counts differ from the official ones']
    assert check['items'] == ['happiness: 3, official 4']
    assert found(report)['remark of the reader']['items'] == ['a remark']
    assert report['passed'] and report['warnings'] == 1
    strict = verify_config(
        config(train=dict(type=ToyFER, data_root=str(root))), strict=True)
    assert not strict['passed']


def test_duplicates_inside_and_across_splits(tmp_path):
    train, val = tree(tmp_path / 'a', 0), tree(tmp_path / 'b', 100)
    same = (train / 'anger' / '0.png').read_bytes()
    (train / 'anger' / 'copy.png').write_bytes(same)
    (val / 'happiness' / 'copy.png').write_bytes(same)  # another label
    same = (val / 'happiness' / '1.png').read_bytes()
    (val / 'happiness' / 'again.png').write_bytes(same)
    report = verify_config(config(train=folder(train), val=folder(val)))
    assert counts(report) == {
        'all': (2, 5, 1),
        'inside train': (1, 2, 0),
        'inside val': (1, 2, 0),
        'train / val': (1, 3, 1)
    }
    assert counts(report, 'pixels') == {'all': (0, 0, 0)}
    across = found(report)['duplicates across splits']
    assert across['count'] == 1 and across['where'] == 'train / val'
    assert 'contradictory labels among duplicates' in found(report)
    paths = {s['path'] for s in report['duplicates']['bytes']['groups'][0]}
    assert len(paths) == 3
    assert report['passed']
    assert not verify_config(
        config(train=folder(train), val=folder(val)), strict=True)['passed']


@pytest.mark.parametrize('copy', ('bmp', 'rgb', 'rgba', 'array'))
def test_copies_with_other_bytes_and_the_same_pixels(tmp_path, copy):
    pixels = noise(7, channels=1)
    image = Image.fromarray(pixels)
    image.save(tmp_path / 'a.png')
    samples = [dict(img_path=str(tmp_path / 'a.png'), gt_label=0)]
    other = dict(img_path=str(tmp_path / f'b.{copy}'), gt_label=1)
    if copy == 'bmp':
        image.save(other['img_path'])
    elif copy == 'array':
        other = dict(img=np.stack([pixels] * 3, -1), gt_label=1)
    else:
        image.convert(copy.upper()).save(other['img_path'], 'PNG')
    report = verify_config(config(train=listed(samples + [other])))
    assert counts(report) == {'all': (0, 0, 0)}
    assert counts(report, 'pixels')['all'] == (1, 2, 1)


def test_stored_colours_are_bgr(tmp_path):
    pixels = noise(3)
    Image.fromarray(pixels).save(tmp_path / 'a.png')
    file = scan_file(str(tmp_path / 'a.png'))
    assert scan_array(pixels[..., ::-1]).pixel_digest == file.pixel_digest
    assert scan_array(pixels).pixel_digest != file.pixel_digest


def test_transparent_copy_is_no_duplicate():
    pixels = noise(3, channels=4)
    opaque = pixels.copy()
    opaque[..., 3] = 255
    assert (scan_array(pixels).pixel_digest !=
            scan_array(opaque[..., :3]).pixel_digest)


def test_faces_of_one_photo_are_no_duplicates(tmp_path):
    path = str(save(tmp_path / 'a.png'))
    boxes = [[[0, 0, 9, 9]], [[10, 10, 20, 20]], [[0, 0, 9, 9]]]
    samples = [dict(img_path=path, gt_label=i % 2, gt_bboxes=np.array(b))
               for i, b in enumerate(boxes)]
    assert counts(verify_config(config(train=listed(samples[:2]))))['all'] == (
        0, 0, 0)
    # the same face listed twice
    assert counts(verify_config(config(train=listed(samples))))['all'] == (
        1, 2, 0)


def test_shared_files_of_training_and_evaluation(tmp_path):
    root = tree(tmp_path / 'a', 0)
    paths = [str(root / 'anger' / f'{i}.png') for i in range(3)]
    samples = [dict(img_path=p, gt_label=0) for p in paths]
    report = verify_config(
        config(train=listed(samples[:2]), val=listed(samples[1:])))
    finding = found(report)['training and evaluation share files']
    assert finding['items'] == [paths[1]] and not report['passed']
    report = verify_config(
        config(val=listed(samples[:2]), test=listed(samples[1:])))
    assert 'training and evaluation share files' not in found(report)


def test_a_dataset_in_several_loaders_is_read_once(tmp_path):
    root = tree(tmp_path / 'a', 0)
    same = dict(folder(root), test_mode=True, pipeline=[])
    other = folder(tree(tmp_path / 'b', 100))
    report = verify_config(config(train=other, val=folder(root), test=same))
    assert [d['splits'] for d in report['datasets']] == [['train'],
                                                         ['val', 'test']]
    assert report['passed'] and not report['warnings']
    report = verify_config(config(train=folder(root), val=same))
    assert [d['splits'] for d in report['datasets']] == [['train', 'val']]
    assert 'training and evaluation share files' in found(report)
    assert not report['passed']


def test_subjects(tmp_path):
    paths = [str(save(tmp_path / f'{i}.png', i)) for i in range(4)]
    samples = [dict(img_path=p, gt_label=i % 2, subject=f'S{i // 2}')
               for i, p in enumerate(paths)]

    def run(train, *others, root=''):
        cfg = dict(train=listed(train))
        for split, members in zip(('val', 'test'), others):
            cfg[split] = listed(members, root)
        return verify_config(config(**cfg))

    assert run(samples[:2], samples[2:])['passed']
    report = run(samples[:3], samples[3:])
    finding = found(report)['training and evaluation share subjects']
    assert not report['passed'] and finding['items'][0].startswith('S1: ')
    assert report['shared_subjects'] == {'train / val': ['S1']}
    # Equal names in different folders may be different people.
    report = run(samples[:3], samples[3:], root=tmp_path)
    assert report['passed'] and 'splits share subjects' in found(report)
    # Between evaluation splits it is a warning.
    report = run(samples[:2], samples[2:3], samples[3:])
    assert report['passed'] and report['shared_subjects'] == {
        'test / val': ['S1']
    }


NAN, INF = float('nan'), float('inf')
ANNOTATIONS = [
    ('label out of range', dict(gt_label=2)),
    ('label out of range', dict(gt_label=-1)),
    ('no label', dict(gt_label=None)),
    ('no label', dict(gt_label='anger')),
    ('no label', dict(gt_label=[0, 1])),
    ('bad label distribution', dict(gt_score=np.array([0.5, 0.4]))),
    ('bad label distribution', dict(gt_score=np.array([1.5, -0.5]))),
    ('bad label distribution', dict(gt_score=np.array([NAN, 1]))),
    ('bad label distribution', dict(gt_score=np.ones(4) / 4)),
    ('bad valence or arousal', dict(gt_va=np.array([1.2, 0]))),
    ('bad valence or arousal', dict(gt_va=np.array([-2, -2]))),
    ('bad valence or arousal', dict(gt_va=np.array([0, 0, 0]))),
    ('bad action units', dict(gt_au=np.array([-1, 0, 1]))),
    ('bad action units', dict(gt_au=np.array([0, INF]))),
    ('bad action units', dict(gt_au=np.array([[0, 1]]))),
    ('bad votes', dict(votes=np.array([5, -5]))),
    ('bad votes', dict(votes=np.zeros(10))),
    ('bad votes', dict(votes=['many', 'few'])),
    ('bad landmarks', dict(gt_landmarks=np.ones((5, 3)))),
    ('bad landmarks', dict(gt_landmarks=np.full((5, 2), INF))),
    ('bad landmarks', dict(gt_landmarks=[[1, 2], [3]])),
    ('unknown landmarks', dict(gt_landmarks=np.array([[NAN, NAN], [3, 4]]))),
    ('landmarks outside the image', dict(gt_landmarks=np.array([[20, 4]]))),
    ('landmarks outside the image', dict(gt_landmarks=np.array([[3, -1]]))),
    ('bad box', dict(gt_bboxes=np.array([[5, 5, 5, 9]]))),
    ('bad box', dict(gt_bboxes=np.array([9, 1, 12, 5]))),
    ('box outside the image', dict(gt_bboxes=np.array([[1, 1, 9, 22]]))),
]


@pytest.mark.parametrize(
    'check,change', ANNOTATIONS,
    ids=[f'{c}-{i}'.replace(' ', '-') for i, (c, _) in enumerate(ANNOTATIONS)])
def test_bad_annotation_is_found(tmp_path, check, change):
    good = [
        dict(
            img_path=str(save(tmp_path / f'{i}.png', i)),
            gt_label=i,
            gt_score=np.array([0.25, 0.75]),
            gt_va=np.array([-1, NAN]),
            gt_au=np.array([0, 5, NAN]),
            votes=np.array([3, 7]),
            gt_landmarks=np.array([[0, 0], [19.4, 19.4]]),
            gt_bboxes=np.array([[0, 0, 20, 20]])) for i in range(2)
    ]
    assert verify_config(config(train=listed(good)))['findings'] == []
    bad = dict(good[1], img_path=str(save(tmp_path / 'bad.png', 5)), **change)
    report = verify_config(config(train=listed(good + [bad])))
    assert list(found(report)) == [check]
    item, = found(report)[check]['items']
    assert item.startswith(str(tmp_path / 'bad.png'))


def test_shapes_channels_and_single_colours(tmp_path):
    pictures = dict(
        grey=noise(1, (30, 20), channels=1),
        alpha=noise(2, channels=4),
        flat=np.full((20, 20, 3), 9, np.uint8),
        tiny=noise(3, (8, 20)),
        long=noise(4, (20, 100)))
    samples = []
    for i, (name, picture) in enumerate(pictures.items()):
        Image.fromarray(picture).save(tmp_path / f'{name}.png')
        samples.append(
            dict(img_path=str(tmp_path / f'{name}.png'), gt_label=i % 2))
    report = verify_config(config(train=listed(samples)))
    entry, = report['datasets']
    assert entry['channels'] == dict(grey=1, alpha=1, colour=3)
    assert entry['width'] == [20, 100] and entry['height'] == [8, 30]
    assert [i.split(': ')[1] for i in found(report)['suspicious size']['items']
            ] == ['20x8', '100x20']
    assert found(report)['image of one single colour']['items'] == [
        str(tmp_path / 'flat.png')
    ]


@pytest.mark.parametrize('array,problem', [
    (np.zeros((4, 4), np.float32), 'corrupt image'),
    (np.zeros((4, 4, 2), np.uint8), 'corrupt image'),
    (np.zeros(16, np.uint8), 'corrupt image'),
    (np.zeros((0, 4), np.uint8), 'empty file'),
], ids=('float', 'two-channels', 'flat', 'empty'))
def test_bad_stored_picture_is_found(array, problem):
    report = verify_config(config(train=listed([
        dict(img=array, gt_label=0), dict(img=noise(1), gt_label=1)])))
    assert found(report)[problem]['items'][0].startswith('sample 0: ')


def test_pictures_without_files(tmp_path):
    stored = [dict(img=noise(i, channels=1), gt_label=i % 2)
              for i in (0, 1, 2, 1)]
    report = verify_config(config(train=listed(stored)))
    assert counts(report)['all'] == (1, 2, 0)
    drawn = [dict(seed=i, gt_label=i) for i in range(2)]
    report = verify_config(config(train=listed(drawn)))
    assert report['passed'] and list(found(report)) == ['no stored image']


def test_empty_class_and_empty_dataset(tmp_path):
    sample = dict(img_path=str(save(tmp_path / 'a.png')), gt_label=1)
    report = verify_config(config(train=listed([sample])))
    assert report['passed'] and found(report)['empty class']['items'] == [
        'anger'
    ]
    report = verify_config(config(train=listed([])))
    assert not report['passed'] and 'no sample' in found(report)


def test_absent_splits(tmp_path):
    here = folder(tree(tmp_path / 'a', 0))
    away = folder(tmp_path / 'nowhere')
    report = verify_config(config(train=here, test=away))
    assert report['passed'] and report['datasets'][1]['status'] == 'absent'
    assert list(found(report)) == ['absent split, not asked for']
    assert 'nowhere' in report['findings'][0]['items'][0]
    report = verify_config(config(train=here, test=away), ['train', 'test'])
    assert not report['passed'] and 'absent split' in found(report)
    report = verify_config(config(train=here, test=away), ['train'])
    assert report['passed'] and len(report['datasets']) == 1
    report = verify_config(config(train=away, test=here))
    assert not report['passed']


BROKEN = dict(
    unknown_type=(dict(type='NoSuchDataset'), 'NoSuchDataset'),
    no_type=(dict(data_root='x'), 'type'),
    wrong_argument=(dict(type='FERPlus', data_root='x', split='no'), 'no'),
    empty_concat=(dict(type='ConcatDataset'), 'datasets'),
    no_samples=(dict(type='CustomDataset', data_root='.'), 'Found 0 files'))


@pytest.mark.parametrize('dataset,word', BROKEN.values(), ids=BROKEN)
def test_bad_dataset_config_is_reported(tmp_path, monkeypatch, dataset, word):
    monkeypatch.chdir(tmp_path)
    report = verify_config(config(val=dataset))
    assert not report['passed']
    assert report['datasets'][0]['status'] == 'broken'
    assert word in found(report)['unreadable dataset']['items'][0]


def test_bad_row_of_an_annotation_file_is_reported(tmp_path):
    images = tmp_path / 'data' / 'FER2013Train'
    save(images / 'a.png')
    (images / 'label.csv').write_text(
        'a.png,"(0, 0, 48, 48)",9,0,0,0,0,0,0,0,1,0\n'
        'b.png,"(0, 0, 48, 48)",9,0,0,0,0,0,x,0,1,0\n')
    report = verify_config(
        config(train=dict(type='FERPlus', data_root=str(tmp_path))))
    item, = found(report)['unreadable dataset']['items']
    assert 'label.csv, line 2' in item and "'x'" in item


def test_wrappers_are_taken_off(tmp_path):
    a, b = folder(tree(tmp_path / 'a', 0)), folder(tree(tmp_path / 'b', 100))
    wrapped = dict(
        type='ConcatDataset',
        datasets=[
            dict(type='RepeatDataset', dataset=a, times=3),
            dict(type='ClassBalancedDataset', dataset=b, oversample_thr=0.9)
        ])
    report = verify_config(config(train=wrapped))
    assert [d['samples'] for d in report['datasets']] == [6, 6]
    assert [d['title'] for d in report['datasets']] == [
        'train: CustomDataset', 'train: CustomDataset #2'
    ]
    assert report['findings'] == []


def test_folds_of_one_dataset_are_kept(tmp_path):
    root = folder(tree(tmp_path / 'a', 0))
    fold = dict(type='KFoldDataset', dataset=root, num_splits=3, seed=0)
    report = verify_config(
        config(train=fold, val=dict(fold, test_mode=True)))
    assert [d['samples'] for d in report['datasets']] == [4, 2]
    assert 'training and evaluation share files' not in found(report)


@pytest.mark.parametrize('cfg', [
    dict(model=dict()),
    dict(train_dataloader=None),
    dict(train_dataloader=dict(batch_size=2)),
    dict(train_dataloader=dict(dataset='CustomDataset')),
    dict(train_dataloader=['CustomDataset']),
], ids=('no-loader', 'none', 'no-dataset', 'string', 'list'))
def test_bad_config_without_dataset(cfg):
    with pytest.raises(NoDatasetError, match='dataset|dataloader'):
        verify_config(Config(cfg))


def test_bad_split_asked_for(tmp_path):
    cfg = config(train=folder(tree(tmp_path / 'a', 0)))
    with pytest.raises(NoDatasetError, match='no val_dataloader'):
        verify_config(cfg, ['val'])


def test_progress_and_workers(tmp_path):
    cfg = config(train=folder(tree(tmp_path / 'a', 0)))
    seen = []

    def track(results, total):
        for i, result in enumerate(results):
            seen.append((i + 1, total))
            yield result

    verify_config(cfg, workers=3, track=track)
    assert seen == [(i, 6) for i in range(1, 7)]
    with pytest.raises(ValueError, match='workers must be positive, got 0'):
        verify_config(cfg, workers=0)


def _by_hand(root):
    """Groups of equal files among the images that the rule keeps."""
    groups = defaultdict(list)
    for split, name in (('train', 'FER2013Train'), ('val', 'FER2013Valid')):
        path = root / 'data' / name
        with open(path / 'label.csv') as file:
            for row in csv.reader(file):
                votes = [int(v) if int(v) > 1 else 0 for v in row[2:]]
                top = max(votes)
                if 2 * top <= sum(votes) or votes.index(top) > 7:
                    continue
                digest = hashlib.md5((path / row[0]).read_bytes()).hexdigest()
                groups[digest].append((split, votes.index(top)))
    return [g for g in groups.values() if len(g) > 1]


@pytest.mark.slow
def test_duplicates_of_the_real_ferplus(shared):
    root = shared / 'data' / 'ferplus'
    groups = _by_hand(root)
    expected = {'all': groups}
    for split in ('train', 'val'):
        inside = [[s for s in g if s[0] == split] for g in groups]
        expected[f'inside {split}'] = [g for g in inside if len(g) > 1]
    expected['train / val'] = [g for g in groups if len({s[0] for s in g}) > 1]
    real = dict(type='FERPlus', data_root=str(root))
    report = verify_config(
        config(
            train=dict(real, split='train'),
            val=dict(real, split='valid'),
            test=dict(real, split='test')))
    assert counts(report) == {
        where: (len(members), sum(map(len, members)),
                sum(len({label for _, label in g}) > 1 for g in members))
        for where, members in expected.items()
    }
    assert min(counts(report).values()) > (0, 0, 0)
    assert report['passed'] and report['errors'] == 0
    assert [d['decoded'] for d in report['datasets'][:2]] == [25045, 3191]
    if not (root / 'data' / 'FER2013Test').exists():
        assert report['datasets'][2]['status'] == 'absent'
