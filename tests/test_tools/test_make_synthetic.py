# Copyright (c) mmfer contributors.
import csv
import os
import os.path as osp
import subprocess
import sys

import cv2
import numpy as np
import pytest

from mmfer.datasets import SyntheticFER

ROOT = osp.dirname(osp.dirname(osp.dirname(osp.abspath(__file__))))
TOOL = osp.join(ROOT, 'tools', 'dataset_tools', 'make_synthetic.py')


def run(*args):
    paths = [ROOT] + os.environ.get('PYTHONPATH', '').split(os.pathsep)
    return subprocess.run(
        [sys.executable, TOOL, *map(str, args)], capture_output=True,
        text=True,
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, paths))})


def test_writes_what_the_dataset_draws_and_resumes(tmp_path):
    out = tmp_path / 'faces'
    args = (out, '--size', 6, '--split', 'train', 'test', '--image-size', 48,
            '--masks')
    done = run(*args, '--workers', 2)
    assert done.returncode == 0, done.stderr
    with open(out / 'labels.csv', newline='') as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert list(rows[0])[:4] == ['path', 'expression', 'valence', 'arousal']
    dataset = SyntheticFER(size=6, split='test', image_size=48,
                           pipeline=[dict(type='DrawSyntheticFace')])
    for i, row in enumerate(rows[6:]):
        sample = dataset[i]
        written = cv2.imread(str(out / row['path']))
        np.testing.assert_array_equal(written, sample['img'])
        mask = cv2.imread(str(out / row['path']).replace('images', 'masks'),
                          cv2.IMREAD_GRAYSCALE)
        np.testing.assert_array_equal(mask, 255 * sample['gt_mask'])
        assert row['split'] == 'test' and row['subject'] == sample['subject']
        assert float(row['x48']) == pytest.approx(
            sample['gt_landmarks'][48, 0], rel=1e-4)
        votes = [int(row[f'votes_{name}'])
                 for name in dataset.label_space.classes]
        assert votes == sample['votes'].tolist()

    # As after a kill: one picture is lost, another must not be drawn again.
    content = (out / rows[0]['path']).read_bytes()
    (out / rows[0]['path']).unlink()
    (out / 'labels.csv').unlink()
    kept = os.stat(out / rows[1]['path']).st_mtime_ns
    assert run(*args, '--resume').returncode == 0
    assert (out / rows[0]['path']).read_bytes() == content
    assert os.stat(out / rows[1]['path']).st_mtime_ns == kept
    assert (out / 'labels.csv').is_file()
    assert not list(out.rglob('*.part*'))

    changed = run(*args[:1], '--size', 7, '--resume')
    assert changed.returncode == 1
    assert 'size: [6, 6] before, [7, 7, 7] now' in changed.stderr


@pytest.mark.parametrize('args, words', [
    ((), 'say where to write'),
    (('OUT', ), 'is not empty'),
    (('OUT', '--resume'), 'holds no synthetic.json'),
    (('OUT/file', ), 'is a file'),
    (('OUT/new', '--size', '0'), 'size must lie in'),
    (('OUT/new', '--workers', '-1'), 'must not be negative'),
    (('OUT/new', '--size', '5', '6'), '2 numbers for 3 splits'),
], ids=['nothing', 'not-empty', 'not-begun', 'file', 'size', 'workers',
        'sizes'])
def test_bad_arguments(tmp_path, args, words):
    (tmp_path / 'file').write_text('x')
    done = run(*(a.replace('OUT', str(tmp_path)) for a in args))
    assert done.returncode != 0 and words in done.stderr
    assert 'Traceback' not in done.stderr
    assert not (tmp_path / 'new').exists()
