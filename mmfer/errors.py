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
        self.message, self.hint = message, hint


class ConfigError(UserError, ValueError):
    """A config, an argument, or an option over a config, that cannot be
    used."""


class ConfigTypeError(UserError, TypeError):
    """As :class:`ConfigError`, of a value of another type."""


class ConfigKeyError(UserError, KeyError):
    """As :class:`ConfigError`, where a part finds not what it needs."""

    __str__ = Exception.__str__  # KeyError's is the representation


class MissingFileError(UserError, FileNotFoundError):
    """A file or folder that does not exist."""


class MissingPackageError(UserError, ImportError):
    """An optional package that is not installed."""


class OutputError(UserError, OSError):
    """Something cannot be written or shown."""


class RunError(UserError, RuntimeError):
    """A run that cannot go on, or that something in it has ended."""


class CheckpointError(UserError, RuntimeError):
    """A checkpoint file that cannot be read, or that is not plain data."""


class NonFiniteError(UserError, ValueError):
    """Losses, weights or predictions that are NaN or infinite."""


class AnnotationError(UserError, ValueError):
    """An annotation that cannot be used.

    Args:
        message (str): The problem, in one sentence without a full stop.
        file (str, optional): The file it was read from. Defaults to None.
        line (int, optional): The line in that file, counted from 1.
            Defaults to None.
        value (Any, optional): The offending value. Defaults to None.
        hint (str, optional): What the user can do about it. Defaults to
            None.

    Examples:
        >>> str(AnnotationError('unknown expression', 'a.csv', 3, 'hapy',
        ...                     'happiness or anger'))
        "a.csv, line 3: unknown expression: 'hapy'. Hint: happiness or anger"
    """

    def __init__(self,
                 message: str,
                 file: Optional[str] = None,
                 line: Optional[int] = None,
                 value: Any = None,
                 hint: Optional[str] = None) -> None:
        place = '' if file is None else f'{file}'
        if line is not None:
            place += f', line {line}'
        message = f'{place}: {message}' if place else message
        if value is not None:
            message += f': {value!r}'
        super().__init__(message, hint=hint)
        self.file, self.line, self.value = file, line, value


class ImageError(UserError, OSError):
    """An image file that is missing, truncated or cannot be decoded."""


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, else its class name."""
    return (str(error).strip() or type(error).__name__).split('\n')[0]
