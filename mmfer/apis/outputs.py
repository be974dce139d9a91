# Copyright (c) mmfer contributors.
"""Whether results can be written and shown, asked before the work."""
import os
import os.path as osp
import sys
import tempfile
from typing import Sequence

from matplotlib.backend_bases import FigureCanvasBase

from mmfer.errors import OutputError


def writable_folder(path: str) -> str:
    """Make a folder, and make sure that something can be written into it.

    Args:
        path (str): The folder.

    Returns:
        str: ``path``.

    Raises:
        OutputError: If it cannot be made or written.
    """
    try:
        os.makedirs(path, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except (OSError, ValueError) as error:  # ValueError: a NUL byte
        raise _refused(path, error) from None


def writable_file(path: str, endings: Sequence[str] = ()) -> str:
    """Make the folder of a file, and make sure that it can be written.

    What the file holds already stays, and no empty file is left.

    Args:
        path (str): The file.
        endings (Sequence[str]): What it may end in, with the full stop.
            Defaults to (), anything.

    Returns:
        str: ``path``.

    Raises:
        OutputError: If it cannot be written, is a folder, or has another
            ending.
    """
    if endings and not path.lower().endswith(tuple(endings)):
        raise OutputError(f'{path}: written are {", ".join(endings[:-1])} or '
                          f'{endings[-1]}',
                          hint='choose one of these endings')
    writable_folder(osp.dirname(osp.abspath(path)))
    try:
        if osp.lexists(path):
            with open(path, 'ab'):
                pass
        elif not osp.basename(path):
            raise IsADirectoryError(0, 'it is the name of a folder')
        return path
    except (OSError, ValueError) as error:  # ValueError: a NUL byte
        raise _refused(path, error) from None


def writable_figure(path: str) -> str:
    """As :func:`writable_file`, for a figure of Matplotlib.

    Args:
        path (str): The file.
    """
    kinds = sorted(FigureCanvasBase.get_supported_filetypes())
    return writable_file(path, [f'.{kind}' for kind in kinds])


def _refused(path: str, error: Exception) -> OutputError:
    reason = getattr(error, 'strerror', error)
    return OutputError(f'{osp.abspath(path)}: cannot be written ({reason})',
                       hint='name another place, one that is yours')


def require_display(instead: str) -> None:
    """Make sure that there is a screen: Qt ends the whole process where it
    finds none.

    Args:
        instead (str): The option that does without.

    Raises:
        OutputError: If there is none.
    """
    if sys.platform.startswith('linux') and not (
            os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY')):
        raise OutputError('there is no display',
                          hint=f'write pictures with {instead} and look at '
                          'them elsewhere')
