# Copyright (c) mmfer contributors.
import os
import tempfile


class OutputError(OSError):
    """Something cannot be written or shown."""


def require_writable(folder: str) -> str:
    """``folder``, made if it is not there.

    Raises:
        OutputError: If nothing can be written into it.
    """
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise OutputError(
            f'{folder}: cannot be written to ({error.strerror}). Remedy: '
            'choose a folder that is yours') from None
