# Copyright (c) mmfer contributors.
"""Whole training runs, each in a process of its own."""
import gc
import logging
import os
import os.path as osp
import resource
import time
from copy import deepcopy
from typing import Any, Dict, List, Optional

import torch
from mmengine.config import Config, ConfigDict
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.registry import DATASETS
from .measure import prepare_process
from .pipelines import stock_pipeline
from .steps import synchronise, time_steps


class ClockHook(Hook):
    """Notes when iterations and the evaluation begin and end.

    After the last iteration it times steps on that batch, so that both
    figures come from one run.

    Args:
        steps (int): Steps on a ready batch; 0 for none. Defaults to 5.
    """

    priority = 'VERY_LOW'

    def __init__(self, steps: int = 5) -> None:
        self.steps = steps
        self.ends: List[float] = []
        self.train_begin = self.val_begin = self.val_seconds = 0.
        self.ready: Optional[float] = None

    def before_train_epoch(self, runner: Runner) -> None:
        """The loader starts its workers after this."""
        self.train_begin = time.perf_counter()

    def after_train_iter(self, runner: Runner, batch_idx: int,
                         data_batch: Any = None,
                         outputs: Any = None) -> None:
        """Note the time; the last batch is kept."""
        synchronise()
        self.ends.append(time.perf_counter())
        self.batch = data_batch

    def after_train_epoch(self, runner: Runner) -> None:
        """Time steps on the last full batch."""
        if self.steps:
            self.ready = time_steps(runner.model, runner.optim_wrapper,
                                    self.batch, self.steps)
        self.batch = None

    def before_val_epoch(self, runner: Runner) -> None:
        """The evaluation begins."""
        self.val_begin = time.perf_counter()

    def after_val_epoch(self, runner: Runner, metrics: Any = None) -> None:
        """The evaluation ends."""
        synchronise()
        self.val_seconds = time.perf_counter() - self.val_begin


def image_list(dataset: ConfigDict, path: str) -> int:
    """Write the pictures of one of our datasets as MMPretrain reads them.

    Args:
        dataset (ConfigDict): Its config.
        path (str): The text file: a path, a blank and a class index a line.

    Returns:
        int: The number of classes.
    """
    built = DATASETS.build(dict(dataset, pipeline=[]))
    with open(path, 'w', encoding='utf-8') as file:
        for index in range(len(built)):
            info = built.get_data_info(index)
            file.write(f"{osp.abspath(info['img_path'])} "
                       f"{info['gt_label']}\n")
    return len(built.metainfo['classes'])


def stock_config(cfg: Config, size: int, batch: int, workers: int,
                 folder: str) -> Config:
    """What a user of MMPretrain alone would train in a config's place.

    The same pictures, backbone, neck and optimiser; ``ImageClassifier`` and
    cross entropy on majority labels in float32, ``CustomDataset``, resizing,
    flip, colour jitter and erasing on the CPU.

    Args:
        cfg (Config): One of our configs.
        size (int): Height and width of the pictures in pixels.
        batch (int): Pictures of a training batch.
        workers (int): Loader workers.
        folder (str): Where the lists of pictures are written.

    Returns:
        Config: The stock config.
    """
    model = deepcopy(cfg.model)
    model.backbone.pop('conv_cfg', None)  # may be a layer of mmfer
    classes = model.head.num_classes
    ours = dict(cfg.get('data_preprocessor') or
                model.get('data_preprocessor') or {})
    stock = Config(dict(
        default_scope='mmpretrain',
        env_cfg=deepcopy(cfg.get('env_cfg', {})),
        default_hooks=dict(
            checkpoint=None, visualization=dict(
                type='VisualizationHook', enable=False)),
        model=dict(
            type='ImageClassifier', backbone=model.backbone,
            neck=model.get('neck'),
            head=dict(
                type='LinearClsHead', num_classes=classes,
                in_channels=model.head.in_channels,
                loss=dict(type='CrossEntropyLoss'))),
        data_preprocessor=dict(
            type='ClsDataPreprocessor', num_classes=classes,
            mean=ours.get('mean', [123.675, 116.28, 103.53]),
            std=ours.get('std', [58.395, 57.12, 57.375]),
            to_rgb=ours.get('to_rgb', True)),
        optim_wrapper=dict(
            type='OptimWrapper',
            optimizer=deepcopy(cfg.optim_wrapper.optimizer)),
        train_cfg=dict(by_epoch=True, max_epochs=1), val_cfg=dict(),
        val_evaluator=dict(type='Accuracy', topk=(1, ))))
    light = stock_pipeline(size)
    for name, pipeline in (('train', light), ('val', light[:2] + light[-1:])):
        path = osp.join(folder, f'{name}.txt')
        image_list(cfg[f'{name}_dataloader'].dataset, path)
        stock[f'{name}_dataloader'] = dict(
            batch_size=cfg[f'{name}_dataloader'].batch_size
            if name == 'val' else batch,
            num_workers=workers, persistent_workers=workers > 0,
            collate_fn=dict(type='default_collate'),
            sampler=dict(type='DefaultSampler', shuffle=name == 'train'),
            dataset=dict(
                type='CustomDataset', data_root='', ann_file=path,
                metainfo=dict(classes=[str(i) for i in range(classes)]),
                pipeline=pipeline))
    return stock


def shorten(cfg: Config, iters: Optional[int], batch: Optional[int],
            workers: Optional[int]) -> Config:
    """One epoch of a config, with one evaluation and without checkpoints.

    Args:
        cfg (Config): The config; changed in place.
        iters (int, optional): So many iterations, by a subset of the
            training data, and as many pictures to evaluate on at most. None
            for all.
        batch (int, optional): Pictures of a training batch. None for the
            config's.
        workers (int, optional): Loader workers. None for the config's.

    Returns:
        Config: ``cfg``.
    """
    cfg.train_cfg = dict(by_epoch=True, max_epochs=1, val_interval=1)
    cfg.param_scheduler = None
    hooks = cfg.setdefault('default_hooks', {})
    hooks['checkpoint'] = None
    hooks['logger'] = dict(type='LoggerHook', interval=10**9)
    cfg.test_cfg = cfg.test_dataloader = cfg.test_evaluator = None
    cfg.log_level = 'ERROR'
    loader = cfg.train_dataloader
    loader.batch_size = batch or loader.batch_size
    for key in ('train_dataloader', 'val_dataloader'):
        if workers is not None:
            cfg[key].num_workers = workers
        cfg[key].persistent_workers = cfg[key].num_workers > 0
        if iters:
            cfg[key].dataset.indices = iters * loader.batch_size
    # An epoch of full batches: the last one is timed again.
    loader.drop_last = True
    return cfg


def run_training(cfg: Dict[str, Any], threads: int, steps: int
                 ) -> Dict[str, Any]:
    """Train one epoch, evaluate, and time steps on a ready batch.

    To be called in a fresh process: its peak of memory counts from the
    start.

    Args:
        cfg (dict): From :func:`shorten` or :func:`stock_config`, as a dict.
        threads (int): Threads of torch.
        steps (int): Steps on a ready batch.

    Returns:
        dict: ``iteration`` (seconds, without the first that starts the
        workers), ``epoch`` (seconds of training, the start included),
        ``evaluation``, ``step`` (seconds on ready tensors), ``iterations``,
        ``peak_mib`` (of this process, whole), ``worker_mib`` (whole, the
        largest worker; shared pages count), ``device_mib``.
    """
    prepare_process(threads)
    logging.disable(logging.WARNING)
    runner = Runner.from_cfg(Config(cfg))
    clock = ClockHook(steps)
    runner.register_hook(clock, 'VERY_LOW')
    runner.train()
    ends, epoch = clock.ends, clock.ends[-1] - clock.train_begin
    cuda = torch.cuda.is_available()
    device = torch.cuda.max_memory_allocated() / 2**20 if cuda else None
    del runner
    gc.collect()
    peaks = [
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    return dict(
        # From the end of the first to the end of the last.
        iteration=(ends[-1] - ends[0]) / max(1, len(ends) - 1),
        epoch=epoch,
        evaluation=clock.val_seconds,
        step=clock.ready,
        iterations=len(ends),
        pid=os.getpid(),
        peak_mib=peaks[0],
        worker_mib=peaks[1] or None,
        device_mib=device)
