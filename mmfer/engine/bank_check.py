# Copyright (c) mmfer contributors.
from mmengine.runner import IterBasedTrainLoop, Runner


def require_epochs(runner: Runner, bank: str) -> None:
    """Refuse a run in which a bank could not learn between epochs.

    Args:
        runner (Runner): Whose training loop is built.
        bank (str): What the bank is called, for the message.

    Raises:
        ValueError: If the run has no epochs, or its processes overwrite each
            other's notes.
    """
    if isinstance(runner._train_loop, IterBasedTrainLoop):
        raise ValueError(
            f'the {bank} changes at the end of an epoch, and the run has '
            'none. Remedy: set train_cfg=dict(by_epoch=True, ...)')
    if getattr(runner.model, 'broadcast_buffers', False):
        raise ValueError(
            'broadcast_buffers=True overwrites what the ranks have noted in '
            f'the {bank}. Remedy: set broadcast_buffers=False in '
            'model_wrapper_cfg')
