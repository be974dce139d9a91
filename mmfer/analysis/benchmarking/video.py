# Copyright (c) mmfer contributors.
"""Networks that read clips, and clips for them to read."""
from typing import Any, Dict, NamedTuple, Optional, Tuple

import torch
from mmengine.config import Config

from mmfer.datasets import SyntheticFER, fer_collate
from mmfer.errors import ConfigError
from mmfer.registry import MODELS
from mmfer.structures import LABEL_SPACES

from .measure import Repeat, measure, prepare_process
from .steps import forward_timer, step_timer

# Of a batch: the number of clips, frames, and height and width in pixels.
CLIPS = Tuple[int, int, int]
# Task -> what makes a timer.
TASKS = {'forward': forward_timer, 'training step': step_timer}

_CLASSES = len(LABEL_SPACES['synthetic'].classes)


class VideoNetwork(NamedTuple):
    """A backbone for clips.

    Args:
        backbone (dict): Its config.
        channels (int): Channels of its feature.
        size (int): Height and width of the clips that it was made for, in
            pixels.
        dim (int, optional): Axes of the feature to average, 3 for maps over
            time, 2 for maps of the whole clip. Defaults to 3; None: the
            feature is a vector.
    """
    backbone: Dict[str, Any]
    channels: int
    size: int = 112
    dim: Optional[int] = 3


def _of_torchvision(name: str, channels: int = 512) -> VideoNetwork:
    return VideoNetwork(dict(type='TorchvisionVideoNet', name=name), channels,
                        dim=None)


# The first is the base of the ratios.
NETWORKS: Dict[str, VideoNetwork] = {
    'r3d18': VideoNetwork(dict(type='R3D', depth=18), 512),
    'r3d34': VideoNetwork(dict(type='R3D', depth=34), 512),
    'r3d50': VideoNetwork(dict(type='R3D', depth=50), 2048),
    'densenet3d121': VideoNetwork(dict(type='DenseNet3D', depth=121), 1024),
    'i3d': VideoNetwork(dict(type='I3D'), 1024, 224),
    'p3d199': VideoNetwork(dict(type='P3D', depth=199), 2048, 160),
    'torchvision-r3d_18': _of_torchvision('r3d_18'),
    'torchvision-mc3_18': _of_torchvision('mc3_18'),
    'torchvision-r2plus1d_18': _of_torchvision('r2plus1d_18'),
    'resnet18-pool': VideoNetwork(
        dict(type='FramePooling', backbone=dict(type='ResNet', depth=18)),
        512, dim=2),
}


def classifier_config(network: VideoNetwork) -> Config:
    """A network with a classifier and an optimiser, to train on
    :func:`drawn_clips`."""
    return Config(dict(
        model=dict(
            type='FERClassifier',
            backbone=network.backbone,
            neck=None if network.dim is None else dict(
                type='GlobalAveragePooling', dim=network.dim),
            head=dict(type='LinearClsHead', num_classes=_CLASSES,
                      in_channels=network.channels)),
        data_preprocessor=dict(type='ClipDataPreprocessor'),
        optim_wrapper=dict(optimizer=dict(type='AdamW', lr=1e-4))))


def drawn_clips(batch: int, frames: int, size: int) -> Dict[str, Any]:
    """Faces that move, see
    :class:`~mmfer.datasets.transforms.OpenSyntheticClip`.

    Args:
        batch (int): The number of clips.
        frames (int): Frames of each, from onset to offset.
        size (int): Height and width in pixels.

    Returns:
        dict: A collated batch, ``inputs`` uint8 ``(N, 3, T, H, W)``.
    """
    faces = SyntheticFER(size=batch, image_size=size, pipeline=[
        dict(type='OpenSyntheticClip', num_frames=32),
        dict(type='UniformFrames', num_frames=frames),
        dict(type='ReadClip'),
        dict(type='PackClipInputs'),
    ])
    return fer_collate([faces[index] for index in range(batch)])


def check_clips(clips: Dict[str, CLIPS]) -> None:
    """Refuse clips that a network cannot train on; nothing is computed.

    They may have too few frames, or leave a single value a channel, whose
    variance batch normalisation cannot take.

    Args:
        clips (Dict[str, CLIPS]): For each key of ``NETWORKS``.

    Raises:
        ConfigError: Names the network and its clips.
    """
    for name, (batch, frames, size) in clips.items():
        backbone = MODELS.build(NETWORKS[name].backbone).to('meta')
        backbone.train()
        try:
            backbone(torch.empty(batch, 3, frames, size, size, device='meta'))
        except (RuntimeError, ValueError) as error:
            reason = getattr(error, 'message', error)
            raise ConfigError(f'{name} cannot train on {batch} clip(s) of '
                              f'{frames} frame(s), {size} px: {reason}',
                              hint='a larger --batch, --frames or '
                              '--size, or leave it out by --only') from None


def run_network(name: str, task: str, clips: CLIPS, setting: str, steps: int,
                threads: int, device: str) -> Tuple[Repeat, float]:
    """Build a network and time it, in a process that does nothing else.

    Args:
        name (str): A key of ``NETWORKS``.
        task (str): A key of ``TASKS``.
        clips (CLIPS): What it gets.
        setting (str): See :func:`~.steps.step_timer`.
        steps (int): Batches that are timed.
        threads (int): Threads of torch.
        device (str): Where to compute.

    Returns:
        tuple: Clips per second with the growth of memory, which holds
        weights, gradients and the optimiser's state; and millions of
        parameters of backbone and classifier.
    """
    prepare_process(threads)
    data, cfg = drawn_clips(*clips), classifier_config(NETWORKS[name])
    repeat = measure(lambda: clips[0] / TASKS[task](cfg, setting, data, steps,
                                                    device)())
    parameters = MODELS.build(cfg.model).parameters()
    return repeat, sum(p.numel() for p in parameters) / 1e6
