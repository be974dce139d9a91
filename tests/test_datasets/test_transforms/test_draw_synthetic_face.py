# Copyright (c) mmfer contributors.
import pytest
from mmpretrain.registry import TRANSFORMS

import mmfer  # noqa: F401
from mmfer.datasets import SyntheticFER


def test_draws_what_the_dataset_describes():
    dataset = SyntheticFER(size=3, image_size=64)
    draw = TRANSFORMS.build(dict(type='DrawSyntheticFace'))
    results = draw(dataset.get_data_info(1))
    assert results['img'].shape == (64, 64, 3)
    assert results['img_shape'] == results['ori_shape'] == (64, 64)
    assert results['gt_mask'].max() <= 1
    assert 'face' not in results and 'face_points' not in results
    again = draw(dataset.get_data_info(1))
    assert (again['img'] == results['img']).all()


def test_kept_faces_are_those_drawn():
    """Whatever later transforms do to the pictures they got."""
    dataset = SyntheticFER(size=3, image_size=64)
    fresh = TRANSFORMS.build(dict(type='DrawSyntheticFace'))
    draw = TRANSFORMS.build(dict(type='DrawSyntheticFace', keep=True))
    for _ in range(3):
        for index in range(3):
            results = draw(dataset.get_data_info(index))
            expected = fresh(dataset.get_data_info(index))
            assert set(results) == set(expected)
            for name in ('img', 'gt_mask'):
                assert (results[name] == expected[name]).all()
                results[name][:] = 0
    assert len(draw._drawn) == 3 and not fresh._drawn


def test_bad_sample_of_another_dataset():
    draw = TRANSFORMS.build(dict(type='DrawSyntheticFace'))
    with pytest.raises(KeyError, match='LoadFERImage'):
        draw(dict(img_path='a.png', gt_label=1))
