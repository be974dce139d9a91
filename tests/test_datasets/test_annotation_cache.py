# Copyright (c) mmfer contributors.
import json
import os
from pathlib import Path

import numpy as np
import pytest

from mmfer.datasets import AffectNet, affectnet
from mmfer.structures import AnnotationError

from ..processes import run_processes
from .test_affectnet import write_2021


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'home'))
    return write_2021(tmp_path / 'data', range(11))


def cache_of(root):
    return root / 'train_set/annotations.mmfer.npz'


def spoil_unseen(root):
    """Change a file in place, which only a reader of files would notice."""
    folder = root / 'train_set/annotations'
    np.save(folder / '3_exp.npy', np.array(5))
    return folder


def everything(dataset):
    return [(i['img_path'], i['gt_label'], i['gt_va'].tolist(),
             i['gt_landmarks'].tolist())
            for i in map(dataset.get_data_info, range(len(dataset)))]


def test_second_start_reads_the_cache(root):
    first = AffectNet(str(root))
    spoil_unseen(root)
    second = AffectNet(str(root))
    assert everything(first) == everything(second) and len(second) == 8
    assert first.dropped == second.dropped
    assert first.notes == second.notes
    cache_of(root).unlink()
    assert AffectNet(str(root)).get_gt_labels().tolist()[3] == 5


def test_changed_folder_is_noticed(root):
    AffectNet(str(root))
    path = root / 'train_set/annotations/1_val.npy'
    path.unlink()
    with pytest.raises(FileNotFoundError, match='1_val.npy'):
        AffectNet(str(root))
    np.save(path, np.array(0.75))
    assert AffectNet(str(root))[1]['gt_va'][0] == 0.75


@pytest.mark.parametrize('how', ['empty', 'cut', 'flipped', 'text', 'version',
                                 'pickled'])
def test_bad_cache_is_made_again(root, how):
    AffectNet(str(root))
    path = cache_of(root)
    content = bytearray(path.read_bytes())
    changed = os.stat(root / 'train_set/annotations').st_mtime_ns
    if how == 'empty':
        path.write_bytes(b'')
    elif how == 'cut':
        path.write_bytes(content[:len(content) // 2])
    elif how == 'flipped':
        content[content.index(b'rows.npy') + 400] ^= 1
        path.write_bytes(content)
    elif how == 'text':
        path.write_text('no archive')
    elif how == 'version':
        np.savez(path, key=np.array([0, changed]))
    else:
        np.savez(path, key=np.array([2, changed]),
                 names=np.array([None]), rows=np.zeros(1))
    spoil_unseen(root)
    assert AffectNet(str(root)).get_gt_labels().tolist()[3] == 5
    assert path.stat().st_size > 5000
    np.save(root / 'train_set/annotations/3_exp.npy', np.array(6))
    assert AffectNet(str(root)).get_gt_labels().tolist()[3] == 5


def test_elsewhere_or_without_where_nothing_can_be_written(root, tmp_path):
    """A folder in the place of a file cannot be replaced, by root neither."""
    cache_of(root).mkdir()
    AffectNet(str(root))
    kept = list((tmp_path / 'home/mmfer').iterdir())
    assert [path.suffix for path in kept] == ['.npz']
    spoil_unseen(root)
    assert AffectNet(str(root)).get_gt_labels().tolist()[3] == 3
    kept[0].unlink()
    (tmp_path / 'home/mmfer').rmdir()
    (tmp_path / 'home/mmfer').write_text('')
    assert AffectNet(str(root)).get_gt_labels().tolist()[3] == 5
    assert not list(tmp_path.rglob('*.part*'))


def test_broken_off_reading_goes_on(root, monkeypatch):
    """It stops at a damaged file; once that is mended, it goes on there."""
    path = root / 'train_set/annotations/6_aro.npy'
    content = path.read_bytes()
    path.write_bytes(content[:50])
    with pytest.raises(AnnotationError, match='6_aro.npy'):
        AffectNet(str(root))
    path.write_bytes(content)
    read = []
    original = affectnet.read_npy_text
    monkeypatch.setattr(affectnet, 'read_npy_text',
                        lambda name: read.append(name) or original(name))
    second = AffectNet(str(root))
    assert {Path(name).name.split('_')[0] for name in read} == {
        '6', '7', '8', '9', '10'}
    monkeypatch.undo()
    cache_of(root).unlink()
    assert everything(AffectNet(str(root))) == everything(second)
    assert not list(root.rglob('*.journal'))


WORKER = """
import json, sys
import torch.distributed as dist
rank, out, root = int(sys.argv[1]), sys.argv[2], sys.argv[3]
dist.init_process_group('gloo', init_method='file://' + out + '/store',
                        rank=rank, world_size=2)
from mmfer.datasets import AffectNet, affectnet
original, read = affectnet.read_npy_text, []
affectnet.read_npy_text = lambda name: read.append(name) or original(name)
dataset = AffectNet(root)
json.dump([len(read), dataset.get_gt_labels().tolist(),
           dataset[3]['gt_landmarks'].tolist()],
          open(out + f'/{rank}.json', 'w'))
dist.destroy_process_group()
"""


def test_only_the_main_process_reads(root, tmp_path):
    run_processes(WORKER, tmp_path, root)
    first, second = (
        json.loads((tmp_path / f'{rank}.json').read_text())
        for rank in range(2))
    assert first[0] == 11 + 8 + 8 and second[0] == 0
    assert first[1:] == second[1:] and first[1] == list(range(8))
