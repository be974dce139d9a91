# Copyright (c) mmfer contributors.
import sys
from typing import Iterable, Iterator, Optional, TypeVar

from rich.console import Console
from rich.progress import (BarColumn, MofNCompleteColumn, Progress,
                           ProgressColumn, Task, TextColumn,
                           TimeElapsedColumn)
from rich.text import Text

ITEM = TypeVar('ITEM')


class _Speed(ProgressColumn):
    """Items per second since the start: batches come in bursts."""

    def render(self, task: Task) -> Text:
        if not task.elapsed:
            return Text('')
        return Text(f'{task.completed / task.elapsed:.1f} per second')


def show_progress(items: Iterable[ITEM],
                  total: Optional[int] = None,
                  what: str = 'pictures') -> Iterator[ITEM]:
    """Pass items on and show how many, and how many per second.

    Args:
        items (Iterable): What to pass on.
        total (int, optional): How many there will be. Defaults to None,
            nobody knows.
        what (str): What they are. Defaults to ``'pictures'``.
    """
    with Progress(TextColumn('{task.description}'), BarColumn(),
                  MofNCompleteColumn(), _Speed(), TimeElapsedColumn(),
                  console=Console(stderr=True),
                  # Lines for a pipe or a file are none of the bar's.
                  redirect_stdout=sys.stdout.isatty()) as progress:
        task = progress.add_task(what, total=total)
        for item in items:
            yield item
            progress.advance(task)
