# Copyright (c) mmfer contributors.
from mmengine.runner import Runner

from mmfer.errors import ConfigError
from .epoch_check import require_epochs


def check_bank_run(runner: Runner, bank: str) -> None:
    """Refuse a run in which a bank could not learn between epochs.

    Args:
        runner (Runner): Whose training loop is built.
        bank (str): What the bank is called, for the message.

    Raises:
        ValueError: If the run has no epochs, or its processes overwrite each
            other's notes.
    """
    require_epochs(runner, f'the {bank} changes')
    if getattr(runner.model, 'broadcast_buffers', False):
        raise ConfigError('broadcast_buffers=True overwrites what the ranks '
                          f'have noted in the {bank}',
                          hint='set broadcast_buffers=False in '
                          'model_wrapper_cfg')
