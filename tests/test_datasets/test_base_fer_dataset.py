# Copyright (c) mmfer contributors.
import copy
import logging
import pickle

import numpy as np
import pytest
from mmengine.dataset import ClassBalancedDataset, ConcatDataset
from mmengine.logging import MMLogger
from torch.utils.data import DataLoader

from mmfer.datasets import BaseFERDataset
from mmfer.structures import AnnotationError, ImageError, LabelSpace

CLASSES = LabelSpace.get('rafdb').classes
# One sample a label, the label in the pixels.
LABELS = [6, 0, 3, 3, 1, 6, 2, 6, 5, 4]


class Toy(BaseFERDataset):
    """In-memory samples in RAF-DB's order; it counts how often it is read."""

    LABEL_SPACE = 'rafdb'
    OFFICIAL_COUNTS = dict(train=dict.fromkeys(CLASSES, 1), test={})
    reads = 0

    def load_samples(self):
        self.reads += 1
        self.notes = ['a toy']
        return [
            dict(img=np.full((4, 4), i, np.uint8), gt_label=label,
                 gt_score=np.eye(7)[label] * 0.5 + 0.5 / 7)
            for i, label in enumerate(LABELS)
        ]


class OnDisk(Toy):

    def load_samples(self):
        return [dict(img_path=f'{self.data_root}/a.png', gt_label=0)]


class Empty(Toy):

    def load_samples(self):
        return []


class Bare(BaseFERDataset):
    LABEL_SPACE = 'rafdb'


class Fragile:
    """Cannot read the images with these numbers."""

    def __init__(self, bad):
        self.bad = bad

    def __call__(self, results):
        number = int(results['img'][0, 0])
        if number in self.bad:
            raise ImageError(f'{number}.png: cannot be decoded')
        results['number'] = number
        return results


@pytest.fixture
def log():
    """Level and text of what is logged."""
    seen = []

    class Keep(logging.Handler):

        def emit(self, record):
            seen.append((record.levelname, record.getMessage()))

    logger, handler = MMLogger.get_current_instance(), Keep()
    level = logger.level
    logger.setLevel('INFO')
    logger.addHandler(handler)
    yield seen
    logger.removeHandler(handler)
    logger.setLevel(level)


def numbers(dataset):
    return [int(info['img'][0, 0]) for info in dataset]


def test_native_order(log):
    dataset = Toy('')
    assert dataset.metainfo['classes'] == CLASSES
    assert dataset.get_gt_labels().tolist() == LABELS
    assert dataset.class_counts() == dict(zip(CLASSES,
                                              [1, 1, 1, 2, 1, 1, 3]))
    warning, = [text for level, text in log if level == 'WARNING']
    assert "{'happiness': (2, 1), 'neutral': (3, 1)}" in warning


def test_label_space_maps_and_drops(log):
    dataset = Toy('', label_space=['Neutral', 'happy', 'contempt', 'anger'])
    assert dataset.get_gt_labels().tolist() == [0, 1, 1, 0, 0, 3]
    assert numbers(dataset) == [0, 2, 3, 5, 7, 8]
    assert dataset.dropped == dict(surprise=1, fear=1, disgust=1, sadness=1)
    assert any('dropped' in text and 'sadness' in text for _, text in log)
    score = dataset[1]['gt_score']
    # happiness, neutral, anger hold 8/14, 1/14, 1/14 of the mass
    np.testing.assert_allclose(score, [.1, .8, 0, .1], rtol=1e-6)
    assert score.dtype == np.float32


def test_set_label_space_reads_again():
    dataset = Toy('')
    dataset.set_label_space('affectnet7')
    assert dataset.reads == 2 and dataset.dropped == {}
    assert dataset.metainfo['classes'] == LabelSpace.get('affectnet7').classes
    assert dataset.get_gt_labels().tolist() == [0, 3, 1, 1, 4, 0, 5, 0, 6, 2]
    assert [i['gt_label'] for i in dataset] == dataset.get_gt_labels().tolist()
    dataset.set_label_space(['fear', 'neutral'])
    assert dataset.dropped == dict(
        surprise=1, happiness=2, disgust=1, anger=1, sadness=1)


@pytest.mark.parametrize('serialize', [True, False])
@pytest.mark.parametrize('indices', [4, -3, [7, 0, -1], (2, )], ids=str)
def test_labels_follow_subsets(indices, serialize):
    if isinstance(indices, int):
        chosen = list(range(10))[:indices] if indices >= 0 else list(
            range(10))[indices:]
    else:
        chosen = [i % 10 for i in indices]
    labels = [LABELS[i] for i in chosen]
    whole = Toy('', serialize_data=serialize)
    ways = [
        Toy('', indices=indices, serialize_data=serialize),
        whole.get_subset(indices),
        copy.deepcopy(whole)
    ]
    ways[2].get_subset_(indices)
    for dataset in ways:
        assert dataset.get_gt_labels().tolist() == labels
        assert numbers(dataset) == chosen
        assert [dataset.get_cat_ids(i)[0] for i in range(len(dataset))
                ] == labels
        assert sum(dataset.class_counts().values()) == len(chosen)
    assert whole.get_gt_labels().tolist() == LABELS


def test_copies_do_not_share_a_memo():
    """MMEngine 0.10 remembers copied objects for ever, by their address."""
    first, second = Toy(''), Toy('', label_space='affectnet7')
    memo = BaseFERDataset._copy_without_annotation.__defaults__[0]
    assert memo is None
    for _ in range(3):
        # Addresses are used again.
        subset = Toy('').get_subset([0])
        assert type(subset.randomness).__name__ == 'WorkerRandomness'
    shared = first.get_subset([0]), second.get_subset([0])
    assert shared[0].label_space != shared[1].label_space


def test_subset_is_told_and_not_compared(log):
    dataset = Toy('', indices=4)
    assert dataset.notes == ['a toy', 'a subset of 4 samples (indices)']
    dataset.set_label_space('affectnet8')
    assert dataset.notes == ['a toy', 'a subset of 4 samples (indices)']
    assert len(dataset) == 4
    assert not [text for level, text in log if level == 'WARNING']


def test_labels_are_counted_without_reading_samples():
    dataset = Toy('')
    del dataset.data_bytes
    assert sum(dataset.class_counts().values()) == 10
    assert dataset.get_cat_ids(-1) == [4]
    labels = dataset.get_gt_labels()
    labels[:] = 0
    assert dataset.get_gt_labels().tolist() == LABELS


def test_lazy_init():
    dataset = Toy('', lazy_init=True)
    assert dataset.reads == 0
    assert dataset.class_counts()['neutral'] == 3 and dataset.reads == 1
    assert Toy('', lazy_init=True).get_cat_ids(2) == [3]


def test_class_balanced_wrapper():
    wrapped = ClassBalancedDataset(Toy(''), oversample_thr=0.3)
    # A class with share p is repeated ceil(sqrt(0.3 / p)) times.
    repeats = {i: int(np.ceil(np.sqrt(0.3 * 10 / LABELS.count(label))))
               for i, label in enumerate(LABELS)}
    found = [int(wrapped[i]['img'][0, 0]) for i in range(len(wrapped))]
    assert found == [i for i in range(10) for _ in range(repeats[i])]


def test_protocol():
    found = Toy('', 'test', label_space='affectnet7').protocol()
    assert found['dataset'] == 'Toy' and found['split'] == 'test'
    assert found['label_space'] == 'affectnet7'
    assert found['samples'] == 10 and found['class_counts']['neutral'] == 3
    assert found['official_counts'] == dict.fromkeys(found['classes'], 0)
    assert found['notes'] == ['a toy'] and found['dropped'] == {}
    Toy.OFFICIAL_COUNTS, kept = {}, Toy.OFFICIAL_COUNTS
    try:
        assert Toy('').protocol()['official_counts'] is None
    finally:
        Toy.OFFICIAL_COUNTS = kept


def test_sample_idx_stays_unique_in_a_concatenation():
    first, second = Toy(''), Toy('')
    second.sample_offset = len(first)
    both = ConcatDataset([first, second])
    assert [both[i]['sample_idx'] for i in range(20)] == list(range(20))
    assert second[-1]['sample_idx'] == 19


def test_skip_replaces_and_counts(log):
    dataset = Toy('', pipeline=[Fragile({2, 3, 9})], on_error='skip')
    assert [dataset[i]['number'] for i in range(10)] == [
        0, 1, 4, 4, 4, 5, 6, 7, 8, 0]
    assert dataset.failed.nonzero().flatten().tolist() == [2, 3, 9]
    told = [text for level, text in log if 'unreadable' in text]
    assert sorted(text[-24:] for text in told) == [
        f'{i}.png: cannot be decoded' for i in (2, 3, 9)]


def test_skip_is_counted_across_workers():
    dataset = Toy('', pipeline=[Fragile({2, 9})], on_error='skip')
    loader = DataLoader(dataset, 5, num_workers=2, collate_fn=len)
    assert sum(loader) == 10
    assert dataset.failed.tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize('kwargs', [
    {}, dict(on_error='skip', test_mode=True)], ids=['raise', 'test mode'])
def test_bad_image_raises(kwargs):
    dataset = Toy('', pipeline=[Fragile({2})], **kwargs)
    assert dataset[1]['number'] == 1
    with pytest.raises(ImageError, match='2.png: cannot be decoded'):
        dataset[2]


def test_bad_all_images_unreadable():
    dataset = Toy('', pipeline=[Fragile(set(range(10)))], on_error='skip')
    with pytest.raises(ImageError, match='cannot be decoded'):
        dataset[4]


@pytest.mark.parametrize('kwargs, error, match', [
    (dict(split='dev'), ValueError, "no split 'dev'.*train.*test"),
    (dict(on_error='ignore'), ValueError, "on_error.*'ignore'"),
    (dict(label_space='rafdb9'), KeyError, 'rafdb9.*known'),
    (dict(label_space=['anger', 'angry']), ValueError, 'twice'),
    (dict(label_space=['bored']), ValueError, 'share no class'),
    (dict(indices=0), AnnotationError, 'no sample remains.*indices'),
    (dict(indices=[]), AnnotationError, 'no sample remains.*indices'),
    (dict(indices=[3, 10]), IndexError, '10'),
    (dict(label_space='megc2019'), None, None),
], ids=['split', 'on_error', 'label space', 'class twice', 'foreign classes',
        'indices 0', 'no indices', 'index too high',
        'one shared class is enough'])
def test_bad_arguments(kwargs, error, match):
    if error is None:
        assert Toy('', **kwargs).class_counts()['surprise'] == 1
        return
    with pytest.raises(error, match=match):
        Toy('', **kwargs)


def test_bad_files(tmp_path):
    with pytest.raises(FileNotFoundError, match='a.png.*Hint'):
        OnDisk(str(tmp_path))
    (tmp_path / 'a.png').write_bytes(b'')
    assert len(OnDisk(str(tmp_path))) == 1
    with pytest.raises(AnnotationError, match='no sample remains'):
        Empty(str(tmp_path))
    with pytest.raises(NotImplementedError):
        Bare('')


def test_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    (tmp_path / 'a.png').write_bytes(b'')
    assert OnDisk('~')[0]['img_path'] == str(tmp_path / 'a.png')


def test_pickle_and_text():
    dataset = pickle.loads(pickle.dumps(Toy('/data', indices=3)))
    assert dataset.get_gt_labels().tolist() == LABELS[:3]
    assert numbers(dataset) == [0, 1, 2]
    text = repr(dataset)
    assert 'Split: \ttrain' in text and '/data' in text and 'rafdb' in text
