# Copyright (c) mmfer contributors.
"""Labels from a file in datasets: which samples get what, and what is told."""
import copy
import hashlib
import pickle

import numpy as np
import pytest
import torch
from mmengine.dataset import ConcatDataset

from mmfer.datasets import (FERCSV, FERPlus, PackedFER, SyntheticFER,
                            fer_collate)
from mmfer.datasets.packing import pack_dataset
from mmfer.engine.protocol import describe_data
from mmfer.engine.protocol_text import _data
from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError
from tests.toys import make_ferplus

LOAD = [dict(type='LoadFERImage'), dict(type='FaceResize', size=24)]
PACK = [dict(type='PackFERInputs')]


def table(path, rows, header='path,au1,au12,valence,arousal,confidence'):
    path.write_text('\n'.join([header, *rows]) + '\n')
    return dict(type='CSVLabels', path=str(path))


@pytest.fixture
def faces(tmp_path):
    """FERPlus faces with labels for all but the first two; the ninth twice,
    and a row of another image."""
    root = make_ferplus(tmp_path / 'data', per_class=2)
    rows = [f'fer{i:07d}.png,{i % 2},{i % 3 * .5},{i / 32 - .5},.25,{i / 20}'
            for i in range(2, 16)]
    rows += ['fer0000008.png,1,1,1,1,.1', 'other.png,1,1,1,1,1']
    auxiliary = table(tmp_path / 'labels.csv', rows[::-1])
    return dict(type='FERPlus', data_root=str(root), auxiliary=auxiliary)


def test_samples(faces):
    dataset = DATASETS.build(dict(faces, pipeline=LOAD + PACK))
    assert dataset.metainfo['au_names'] == ('AU1', 'AU12')
    for i in range(16):
        sample = dataset[i]['data_samples']
        if i < 2:
            assert sample.gt_au.isnan().all() and sample.gt_va.isnan().all()
            assert sample.au_confidence == sample.va_confidence == 0
            continue
        assert sample.gt_au.tolist() == [i % 2, i % 3 * .5]
        assert sample.gt_va.tolist() == [i / 32 - .5, .25]
        assert sample.au_confidence.item() == pytest.approx(i / 20)
    batch = fer_collate([dataset[i] for i in (1, 5)])['data_samples']
    assert batch.targets['au_confidence'].tolist() == [0, .25]
    assert batch.targets['au_confidence'].dtype == torch.float32
    assert batch[1].va_confidence == .25


def test_items_are_copies(faces):
    dataset = DATASETS.build(faces)
    dataset.get_data_info(5)['gt_au'][:] = 7
    assert dataset.get_data_info(5)['gt_au'].tolist() == [1, 1]


def test_protocol(faces, tmp_path):
    faces['auxiliary']['min_confidence'] = .2
    dataset = DATASETS.build(faces)
    told, = dataset.protocol()['auxiliary']
    content = (tmp_path / 'labels.csv').read_bytes()
    # Samples 2 and 3 lie below the confidence.
    units = np.array([[i % 2, i % 3 * .5] for i in range(4, 16)])
    assert told == dict(
        type='CSVLabels', path=str(tmp_path / 'labels.csv'),
        targets=['au', 'va'], min_confidence=.2, root='', detector='unknown',
        sha256=hashlib.sha256(content).hexdigest(), files=1, rows=16,
        unmatched_rows=1, shared_picture_rows=0, further_face_rows=1,
        samples=16, matched=14, known=dict(au=12, va=12),
        au_names=['AU1', 'AU12'], au_known=dict(AU1=12, AU12=12),
        au_base_rate=dict(AU1=(units[:, 0] >= .5).mean(),
                          AU12=(units[:, 1] >= .5).mean()))
    loader = torch.utils.data.DataLoader(dataset, batch_size=4)
    text = '\n'.join(_data('train', describe_data(loader, 1)))
    assert f"CSVLabels, {tmp_path / 'labels.csv'}, sha256" in text
    assert 'rows for 14 of 16 samples; known: au 12, va 12' in text
    assert 'of 16 rows 1 are of other images, 1 of further faces' in text
    assert 'base rates: AU1 0.50, AU12 0.67' in text


@pytest.mark.parametrize('indices', [6, -3, [9, 1]])
def test_subsets(faces, indices):
    whole = DATASETS.build(faces)
    place = np.arange(16)[indices] if isinstance(
        indices, list) else np.arange(16)[slice(
            *((0, 6) if indices > 0 else (-3, None)))]
    subset = copy.deepcopy(whole)
    subset.get_subset_(indices)
    sent = pickle.loads(pickle.dumps(subset))
    for part in (DATASETS.build(dict(faces, indices=indices)), subset, sent,
                 whole.get_subset(indices)):
        for i, j in enumerate(place.tolist()):
            np.testing.assert_array_equal(part.get_data_info(i)['gt_au'],
                                          whole.get_data_info(j)['gt_au'])
        told, = part.protocol()['auxiliary']
        assert told['samples'] == len(place)
        assert told['matched'] == (place >= 2).sum()


def test_label_space(faces):
    """Samples that are dropped leave the others their labels."""
    dataset = DATASETS.build(dict(faces, label_space='ferplus7'))
    assert len(dataset) == 14
    for i in range(14):
        info = dataset.get_data_info(i)
        number = int(info['img_path'][-11:-4])
        if number >= 2:
            assert info['gt_au'][0] == number % 2


def test_without_files_nothing_changes(tmp_path):
    root = make_ferplus(tmp_path, per_class=1)
    dataset = FERPlus(str(root))
    assert dataset.protocol()['auxiliary'] == []
    assert not {'gt_au', 'au_confidence'} & set(dataset.get_data_info(0))


def test_two_files_replace_what_a_dataset_has(tmp_path):
    """SyntheticFER keeps its pictures; its own units are covered."""
    name = 'synthetic/seed0/train/000003'
    units = table(tmp_path / 'a.csv', [f'{name},1'], 'path,au4')
    va = table(tmp_path / 'b.csv', ['train/000001.png,.5,.25'],
               'path,valence,arousal')
    draw = [dict(type='DrawSyntheticFace'), *PACK]
    options = dict(size=4, image_size=40, pipeline=draw)
    dataset = SyntheticFER(auxiliary=[units, va], **options)
    plain = SyntheticFER(**options)
    assert [dataset[i]['data_samples'].gt_au.tolist() for i in (3, )] == [[1]]
    assert dataset[1]['data_samples'].gt_va.tolist() == [.5, .25]
    for i in range(4):
        assert torch.equal(dataset[i]['inputs'], plain[i]['inputs'])
        assert torch.equal(dataset[i]['data_samples'].gt_landmarks,
                           plain[i]['data_samples'].gt_landmarks)
        assert dataset[i]['data_samples'].gt_au.isnan().all() == (i != 3)
    assert dataset.metainfo['au_names'] == ('AU4', )
    assert [t['matched'] for t in dataset.protocol()['auxiliary']] == [1, 1]


def test_concatenation_with_human_labels(faces, tmp_path):
    """Labels that no detector made are trusted."""
    root = make_ferplus(tmp_path / 'mine', per_class=1)
    (tmp_path / 'mine/labels.csv').write_text(
        'path,expression,au1,au12\n'
        'data/FER2013Train/fer0000000.png,happy,1,0\n')
    mine = FERCSV(str(root), label_space='ferplus', pipeline=LOAD + PACK)
    both = ConcatDataset([
        DATASETS.build(dict(faces, pipeline=LOAD + PACK)), mine])
    targets = fer_collate([both[4], both[16]])['data_samples'].targets
    np.testing.assert_allclose(targets['au_confidence'], [.2, 1])
    assert targets['gt_au'].tolist() == [[0, .5], [1, 0]]
    assert targets['gt_va'][1].isnan().all()


def test_packed_is_identical(faces, tmp_path):
    """Labels laid over before packing, after it, and without packing."""
    points = 'x0,y0,x1,y1,x2,y2,x3,y3,x4,y4'
    rows = [f'fer{i:07d}.png,.5,' + ','.join(
        str(i + k) for k in range(10)) for i in range(3, 16)]
    faces['auxiliary'] = [faces['auxiliary'], dict(
        table(tmp_path / 'points.csv', rows, f'path,confidence,{points}'),
        min_confidence=.5)]
    bare = {k: v for k, v in faces.items() if k != 'auxiliary'}
    pack_dataset(dict(faces, pipeline=LOAD), str(tmp_path / 'one'), (24, 24),
                 workers=0)
    pack_dataset(dict(bare, pipeline=LOAD), str(tmp_path / 'two'), (24, 24),
                 workers=0)
    one = PackedFER(str(tmp_path / 'one'), pipeline=PACK)
    two = PackedFER(str(tmp_path / 'two'), pipeline=PACK,
                    auxiliary=faces['auxiliary'])
    plain = DATASETS.build(dict(faces, pipeline=LOAD + PACK))
    indices = [0, 9, 4, 2]
    wanted = fer_collate([plain[i] for i in indices])['data_samples'].targets
    assert set(wanted) >= {'gt_au', 'gt_va', 'gt_landmarks', 'au_confidence',
                           'va_confidence'}
    for packed in (one, two):
        assert packed.metainfo['au_names'] == ('AU1', 'AU12')
        assert packed.protocol()['auxiliary'] == plain.protocol()['auxiliary']
        for batch in (packed.__getitems__(indices),
                      [packed[i] for i in indices]):
            found = fer_collate(batch)['data_samples'].targets
            assert set(found) == set(wanted)
            for name, stack in wanted.items():
                assert found[name].dtype == stack.dtype, name
                torch.testing.assert_close(found[name], stack, equal_nan=True)


def test_faces_of_one_picture(tmp_path):
    """Several samples of one picture get nothing, since nobody knows whose
    labels they are."""
    root = make_ferplus(tmp_path, per_class=1)
    image = 'data/FER2013Train/fer0000000.png'
    (root / 'labels.csv').write_text(
        f'path,expression\n{image},happy\n{image},happy\n'
        'data/FER2013Train/fer0000001.png,sad\n')
    auxiliary = table(tmp_path / 'a.csv', ['fer0000000,1', 'fer0000001,1'],
                      'path,au1')
    dataset = FERCSV(str(root), auxiliary=auxiliary)
    told, = dataset.protocol()['auxiliary']
    assert (told['shared_picture_rows'], told['matched']) == (1, 1)
    assert np.isnan(dataset.get_data_info(1)['gt_au']).all()


def laid(faces, tmp_path, rows, header='path,au1'):
    return DATASETS.build(dict(
        faces, auxiliary=table(tmp_path / 'b.csv', rows, header)))


def test_bad_names(faces, tmp_path):
    with pytest.raises(AnnotationError, match='none of 2 rows names one of 16'
                       ".*'a/fer0000001'.*root="):
        laid(faces, tmp_path, ['a/fer0000001.png,1', 'fer1.png,1'])


def test_bad_ambiguous_name(tmp_path):
    for folder in ('happy', 'sad'):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / '1.jpg').touch()
    faces = dict(type='FERFolder', data_root=str(tmp_path), split='all')
    with pytest.raises(AnnotationError, match='line 3: several images of the '
                       "dataset end like this name: '1'.*more of the path"):
        laid(faces, tmp_path, ['sad/1,0', '1,0'])


def test_bad_second_row(faces, tmp_path):
    """Without confidences nothing tells which of two rows counts."""
    with pytest.raises(AnnotationError, match='line 3: a second row for one '
                       'image, the other is in .*b.csv, line 2'):
        laid(faces, tmp_path, ['fer0000001,0', 'FER2013Train/fer0000001,1'])


@pytest.mark.parametrize('auxiliary', [
    'a.csv', [3], dict(type='SymmetricNoise', ratio=.1)])
def test_bad_config(faces, auxiliary):
    with pytest.raises(TypeError, match='auxiliary must be a config'):
        DATASETS.build(dict(faces, auxiliary=auxiliary))


def test_bad_two_files_for_one_target(faces):
    with pytest.raises(ValueError, match=r"two files give \['au', 'va'\]"):
        DATASETS.build(dict(faces, auxiliary=[faces['auxiliary']] * 2))
