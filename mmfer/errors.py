# Copyright (c) mmfer contributors.
"""Errors that users can fix; the tools print them in one line."""
from typing import Any, Optional


class UserError(Exception):
    """Base class for errors that a user can fix.

    Args:
        message (str): The problem, in one sentence without a full stop.
        hint (str, optional): What the user can do about it. Defaults to
            None.

    Examples:
        >>> str(ConfigError('a.py: no test_dataloader', hint='add one'))
        'a.py: no test_dataloader. Hint: add one'
    """

    def __init__(self, message: str, *, hint: Optional[str] = None) -> None:
        super().__init__(message if hint is None else
                         f'{message}. Hint: {hint}')
        self.hint = hint


class ConfigError(UserError, ValueError):
    """A config, an argument, or an option over a config, that cannot be
    used."""


class CheckpointError(UserError, RuntimeError):
    """A checkpoint file that cannot be read, or that is not plain data."""


class NonFiniteError(UserError, ValueError):
    """Losses, weights or predictions that are NaN or infinite."""


class AnnotationError(UserError, ValueError):
    """An annotation that cannot be used.

    Args:
        problem (str): What is wrong, in one sentence without a full stop.
        file (str, optional): The file it was read from. Defaults to None.
        line (int, optional): The line in that file, counted from 1.
            Defaults to None.
        value (Any, optional): The offending value. Defaults to None.
        remedy (str, optional): What the user can do about it. Defaults to
            None.

    Examples:
        >>> str(AnnotationError('unknown expression', 'a.csv', 3, 'hapy',
        ...                     'happiness or anger'))
        "a.csv, line 3: unknown expression: 'hapy'. Remedy: happiness or anger"
    """

    def __init__(self,
                 problem: str,
                 file: Optional[str] = None,
                 line: Optional[int] = None,
                 value: Any = None,
                 remedy: Optional[str] = None) -> None:
        place = '' if file is None else f'{file}'
        if line is not None:
            place += f', line {line}'
        message = f'{place}: {problem}' if place else problem
        if value is not None:
            message += f': {value!r}'
        if remedy is not None:
            message += f'. Remedy: {remedy}'
        super().__init__(message)
        self.file, self.line, self.value = file, line, value
        self.hint = remedy


class ImageError(UserError, OSError):
    """An image file that is missing, truncated or cannot be decoded."""


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, else its class name."""
    return (str(error).strip() or type(error).__name__).split('\n')[0]
