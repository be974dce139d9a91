# Copyright (c) mmfer contributors.
"""Training steps on a batch that lies ready."""
import time
from copy import deepcopy
from typing import Any, Callable, Dict, Tuple

import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapper, build_optim_wrapper
from torch import nn

from mmfer.engine.model_parts import to_channels_last
from mmfer.errors import ConfigError
from mmfer.models.banks import LabelBank
from mmfer.registry import MODELS
from mmfer.structures import FERDataSample
from .measure import Repeat, measure, prepare_process

# setting -> (optimiser wrapper, channels-last, compile); None = as the config
SETTINGS = {
    'config': (None, None, None),
    'float32': ('OptimWrapper', False, False),
    'channels-last': ('OptimWrapper', True, False),
    'bf16': ('AutocastOptimWrapper', True, False),
    'compile': ('AutocastOptimWrapper', True, True),
}


class ReadyBatch(nn.Module):
    """A data preprocessor that gives one prepared batch again and again.

    Args:
        batch (dict): What the model's own preprocessor made of a batch.
    """

    def __init__(self, batch: Dict[str, Any]) -> None:
        super().__init__()
        self.batch = batch

    def forward(self, data: Any, training: bool = False) -> Dict[str, Any]:
        """The batch, whatever comes in."""
        return dict(self.batch)


def synchronise() -> None:
    """Wait until the device has done what it was given."""
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.synchronize()


def time_steps(model: nn.Module, optim_wrapper: OptimWrapper, data: Any,
               steps: int, warmup: int = 1) -> float:
    """Seconds of a training step on ready tensors.

    The model's data preprocessor prepares ``data`` once, before the clock
    starts; then forward pass, losses, backward pass and the optimiser's step
    run through ``model.train_step``. Weights change.

    Args:
        model (nn.Module): The model, not wrapped for several processes.
        optim_wrapper (OptimWrapper): Its optimiser.
        data (dict): A collated batch.
        steps (int): How many steps to time.
        warmup (int): Steps before that. Defaults to 1.

    Returns:
        float: Seconds a step.
    """
    own = model.data_preprocessor
    training = model.training
    model.train()
    try:
        with optim_wrapper.optim_context(model):
            model.data_preprocessor = ReadyBatch(own(data, True))
        for _ in range(warmup):
            model.train_step(data, optim_wrapper)
        synchronise()
        begin = time.perf_counter()
        for _ in range(steps):
            model.train_step(data, optim_wrapper)
        synchronise()
        return (time.perf_counter() - begin) / steps
    finally:
        model.data_preprocessor = own
        model.train(training)


def random_batch(cfg: Config, batch: int, size: int) -> Dict[str, Any]:
    """A collated batch of noise with labels that fit a config.

    Args:
        cfg (Config): The config; ``model.head.num_classes`` tells the number
            of classes, ``use_soft`` of its loss whether labels are
            distributions, ``num_landmarks`` of the backbone, if it has that,
            the number of landmarks.
        batch (int): The number of pictures.
        size (int): Their height and width in pixels.

    Returns:
        dict: ``inputs`` and ``data_samples``.
    """
    generator = torch.Generator().manual_seed(0)
    head = cfg.model.get('head') or {}
    classes = head.get('num_classes', 7)
    soft = (head.get('loss') or {}).get('use_soft', False)
    backbone = cfg.model.get('backbone') or {}
    landmarks = backbone.get('num_landmarks', 68)
    labels = torch.randint(classes, (batch, ), generator=generator)
    samples = []
    for index, label in enumerate(labels):
        sample = FERDataSample().set_gt_label(label)
        sample.set_gt_landmarks(
            size * torch.rand(landmarks, 2, generator=generator))
        if soft:
            sample.set_gt_score(torch.eye(classes)[label])
        sample.set_field(index, 'sample_idx', field_type='metainfo')
        samples.append(sample)
    inputs = torch.randint(256, (batch, 3, size, size), dtype=torch.uint8,
                           generator=generator)
    return dict(inputs=inputs, data_samples=samples)


def layout_of(cfg: Config) -> Tuple[bool, bool]:
    """Whether a config trains channels-last, and whether compiled."""
    hooks = [*cfg.get('custom_hooks', []),
             *cfg.get('default_hooks', {}).values()]
    types = [hook['type'] for hook in hooks
             if hook and hook.get('enabled', True)]
    return 'ChannelsLastHook' in types, 'CompileHook' in types


def step_timer(cfg: Config, setting: str, data: Any, steps: int,
               device: str) -> Callable[[], float]:
    """Build a config's model under a setting.

    Args:
        cfg (Config): The config.
        setting (str): A key of ``SETTINGS``; ``'config'`` takes the
            optimiser wrapper and the layout that the config trains with.
        data (dict): A collated batch.
        steps (int): Steps of one repeat.
        device (str): Where to compute.

    Returns:
        Callable: Gives the seconds a step, over ``steps`` steps.

    Raises:
        ValueError: If the setting is unknown or the config has no optimiser.
    """
    model, optim = _build(cfg, setting, data, device)
    first = [True]

    def run() -> float:
        warmup = 2 if first else 1
        first.clear()
        return time_steps(model, optim, data, steps, warmup)

    return run


def run_steps(cfg: Config, setting: str, data: Any, steps: int, threads: int,
              device: str) -> Repeat:
    """Build a model and time its steps, in a process that does nothing else.

    Args:
        cfg (Config): The config.
        setting (str): A key of ``SETTINGS``.
        data (dict): A collated batch.
        steps (int): Steps that are timed, after two that are not.
        threads (int): Threads of torch.
        device (str): Where to compute.

    Returns:
        Repeat: The seconds a step; the growth of memory holds weights,
        gradients and the optimiser's state.
    """
    prepare_process(threads)
    return measure(
        lambda: step_timer(cfg, setting, data, steps, device)())


def forward_timer(cfg: Config, setting: str, data: Any, steps: int,
                  device: str) -> Callable[[], float]:
    """As :func:`step_timer`, of logits alone, in evaluation mode.

    Args:
        cfg (Config): The config.
        setting (str): A key of ``SETTINGS``.
        data (dict): A collated batch.
        steps (int): Batches of one repeat.
        device (str): Where to compute.

    Returns:
        Callable: Gives the seconds a batch, over ``steps`` batches.

    Raises:
        ValueError: If the setting is unknown or the config has no optimiser.
    """
    model, optim = _build(cfg, setting, data, device)
    model.eval()

    @torch.inference_mode()
    def run() -> float:
        with optim.optim_context(model):
            inputs = model.data_preprocessor(data)['inputs']
            for _ in range(2):
                model(inputs)
            synchronise()
            begin = time.perf_counter()
            for _ in range(steps):
                model(inputs)
            synchronise()
        return (time.perf_counter() - begin) / steps

    return run


def _build(cfg: Config, setting: str, data: Any, device: str
           ) -> Tuple[nn.Module, OptimWrapper]:
    """A config's model and optimiser under a setting."""
    if setting not in SETTINGS:
        raise ValueError(f'no setting {setting!r}; there are '
                         f'{list(SETTINGS)}')
    if 'optim_wrapper' not in cfg:
        raise ConfigError(f'{cfg.filename}: no optim_wrapper in it',
                          hint='name a config for training')
    wrapper, channels_last, compiled = SETTINGS[setting]
    model_cfg = deepcopy(cfg.model)
    # The runner hands it over too.
    if 'data_preprocessor' in cfg and not model_cfg.get('data_preprocessor'):
        model_cfg['data_preprocessor'] = deepcopy(cfg.data_preprocessor)
    torch.manual_seed(0)
    model = MODELS.build(model_cfg).to(device)
    for module in model.modules():
        if isinstance(module, LabelBank):
            module.initialise([int(s.gt_label) for s in data['data_samples']])
    optim_cfg = deepcopy(cfg.optim_wrapper)
    if wrapper:
        plain = {key: optim_cfg[key] for key in
                 ('optimizer', 'clip_grad', 'paramwise_cfg', 'constructor',
                  'accumulative_counts') if key in optim_cfg}
        optim_cfg = dict(type=wrapper, **plain)
    if setting == 'config':
        channels_last, compiled = layout_of(cfg)
    if channels_last:
        to_channels_last(model)
    if compiled:  # as CompileHook does
        for part in (model.backbone, getattr(model, 'neck', None)):
            if part is not None:
                part.compile()
    return model, build_optim_wrapper(model, optim_cfg)
