# Copyright (c) mmfer contributors.
from mmengine.runner import IterBasedTrainLoop, Runner

from mmfer.errors import ConfigError


def require_epochs(runner: Runner, what: str, instead: str = '') -> None:
    """Refuse a run without epochs.

    Args:
        runner (Runner): Whose training loop is built.
        what (str): What needs epochs, as ``'a ramp changes'``.
        instead (str): Another hint, as ``'interval=100, or '``. Defaults
            to ``''``.

    Raises:
        ValueError: If the run has no epochs.
    """
    if isinstance(runner._train_loop, IterBasedTrainLoop):
        raise ConfigError(f'{what} from epoch to epoch, and the run has none',
                          hint=f'set {instead}train_cfg=dict(by_epoch=True, '
                          '...)')
