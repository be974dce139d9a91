# Copyright (c) mmfer contributors.
"""Tiny data sets and configs that several tests share."""
import os
from pathlib import Path

import cv2
import numpy as np
from mmengine.config import Config

CONFIGS = Path(__file__).parents[1] / 'configs'

_FOLDERS = dict(
    train='FER2013Train', valid='FER2013Valid', test='FER2013Test')


def make_ferplus(root, split='train', per_class=4, size=48, seed=0):
    """Write a FERPlus tree of grey pictures whose brightness is the class.

    Returns:
        Path: ``root``.
    """
    folder = Path(root) / 'data' / _FOLDERS[split]
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(8 * per_class):
        label = i % 8
        img = rng.normal(20 + 30 * label, 5, (size, size)).clip(0, 255)
        name = f'fer{i:07d}.png'
        assert cv2.imwrite(os.fspath(folder / name), img.astype(np.uint8))
        votes = [0] * 10
        votes[label], votes[(label + 1) % 8] = 7, 3
        rows.append(f'{name},"(0, 0, {size}, {size})",' +
                    ','.join(map(str, votes)))
    (folder / 'label.csv').write_text('\n'.join(rows) + '\n')
    return Path(root)


def small_config(data_root, work_dir, epochs=2, num_workers=0, **options):
    """The 64 px FERPlus baseline, shrunk to run in seconds.

    Args:
        **options: Dotted keys, double underscores for dots, laid over it.
    """
    cfg = Config.fromfile(
        CONFIGS / 'baseline/resnet18_1xb64_ferplus-scratch64.py')
    cfg.work_dir = os.fspath(work_dir)
    cfg.merge_from_dict({
        'model.backbone': dict(
            _delete_=True, type='ResNet_CIFAR', depth=18, base_channels=8),
        'model.head.in_channels': 64,
        'train_cfg': dict(
            _delete_=True, by_epoch=True, max_epochs=epochs, val_interval=1),
        'param_scheduler.total_steps': epochs,
        'optim_wrapper.optimizer.lr': 0.01,
        'param_scheduler.eta_max': 0.01,
        'train_dataloader.batch_size': 8,
        'default_hooks.logger.interval': 1,
    })
    for name in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        loader = cfg[name]
        loader.num_workers = num_workers
        loader.persistent_workers = num_workers > 0
        loader.dataset.data_root = os.fspath(data_root)
        for transform in loader.dataset.pipeline:
            if 'size' in transform:
                transform.size = 24
    cfg.merge_from_dict({
        key.replace('__', '.'): value
        for key, value in options.items()
    })
    return cfg


def narrow_hybrid(model):
    """Make a face network with a transformer narrow enough for a test.

    Args:
        model (ConfigDict): The model of a config, changed in place; of other
            models nothing is changed.

    Returns:
        ConfigDict: ``model``.
    """
    if model.backbone.type == 'IRNet':
        # Not fewer: on channels-last maps of 12 channels the backward pass of
        # a 1x1 convolution with stride 2 crashes in torch 2.15 on CPUs.
        model.backbone.base_channels = 16
        for neck in model.neck if isinstance(model.neck, list) else [
                model.neck]:
            neck.in_channels = 64
            if 'arch' in neck:
                neck.arch.update(embed_dims=48, feedforward_channels=96)
        model.head.in_channels = 48
    return model


def picture_shape(model, size):
    """The shape of a picture, or of the clip that a network takes.

    Args:
        model (nn.Module): A classifier.
        size (int): Height and width of a picture; clips are 48 px wide, with
            16 frames.
    """
    if getattr(model.backbone, 'takes_clips', False):
        return 3, 16, 48, 48
    return 3, size, size
