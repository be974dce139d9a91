# Copyright (c) mmfer contributors.
from typing import Any, Sequence

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.errors import ConfigError
from mmfer.registry import HOOKS
from ..model_parts import bare_model


@HOOKS.register_module()
class CompileHook(Hook):
    """Compile the network of a model with ``torch.compile``, in place.

    Backbone and neck are functions from tensors to tensors, and take nearly
    all the time of a step. Heads and losses read data samples, and stay as
    they are, as do the names of the weights: a checkpoint tells nothing of
    compilation, and a run can be resumed with or without it. The option
    ``compile`` of MMEngine's runners compiles the whole training step
    instead, in which each data sample and each new learning rate is another
    case.

    Args:
        parts (Sequence[str]): Names of the parts to compile; those that are
            None in the model are left out. Defaults to
            ``('backbone', 'neck')``.
        **options: Arguments of ``torch.compile``, such as
            ``mode='max-autotune'`` or ``dynamic=False``.

    Raises:
        ValueError: If the model has no such part.
    """

    # After hooks that load or convert weights.
    priority = 'LOW'

    def __init__(self,
                 parts: Sequence[str] = ('backbone', 'neck'),
                 **options: Any) -> None:
        self.parts = tuple(parts)
        self.options = options

    def before_train(self, runner: Runner) -> None:
        """Mark the parts; the first batch of each kind compiles them."""
        model = bare_model(runner.model)
        for name in self.parts:
            if not hasattr(model, name):
                raise ConfigError(
                    f'CompileHook: {type(model).__name__} has no part '
                    f'{name!r}',
                    hint='name some of '
                    f'{[child for child, _ in model.named_children()]}')
            part = getattr(model, name)
            if part is not None:
                part.compile(**self.options)
        runner.logger.info(f'compiling {", ".join(self.parts)} with '
                           f'{self.options or "the defaults"}: the first '
                           'iterations are slow')
