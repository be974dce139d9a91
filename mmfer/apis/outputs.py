# Copyright (c) mmfer contributors.
import os
import tempfile


def writable_folder(path: str) -> str:
    """Make a folder, and make sure before the work that it can be written.

    Args:
        path (str): The folder.

    Returns:
        str: ``path``.

    Raises:
        OSError: If it cannot be made or written.
    """
    try:
        os.makedirs(path, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise OSError(f'{os.path.abspath(path)}: cannot be written: '
                      f'{error.strerror}. Remedy: name another output '
                      'folder') from None
    return path
