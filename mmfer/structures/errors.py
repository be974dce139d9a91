# Copyright (c) mmfer contributors.
from typing import Any, Optional


class AnnotationError(ValueError):
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


class ImageError(OSError):
    """An image file that is missing, truncated or cannot be decoded."""
