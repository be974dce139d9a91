# Copyright (c) mmfer contributors.
"""A comparison as table, page and figure."""
import base64
import html
import json
import os.path as osp
from typing import Any, Dict, List, Optional, Sequence

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mmfer.files import atomic_write
from mmfer.visualization.colors import COLORS
from ..markdown import escape_markdown, markdown_row
from .summary import Row

_STYLE = ('body{font-family:sans-serif;margin:2em}table{border-collapse:'
          'collapse}td,th{border-bottom:1px solid #ccc;padding:.3em .8em;'
          'text-align:right}td:first-child,th:first-child{text-align:left}'
          'img{max-width:100%}')
_IN_PERCENT = ('accuracy', 'UAR', 'F1')


def headers(rows: Sequence[Row]) -> List[str]:
    """The names of the columns."""
    return ['method', *rows[0].values, 'difference', 'p', 'Mparams', 'GFLOPs',
            's / iteration', 'seeds']


def cells_of(row: Row) -> List[str]:
    """A row as text, under :func:`headers`."""
    return [
        row.method,
        *(_with_deviation(row.mean(c), row.deviation(c),
                          2 if c in _IN_PERCENT else 3) for c in row.values),
        _number(row.difference, '+.2f'),
        _number(row.p_value, '.3f'),
        _number(row.cost.get('parameters'), '.2f'),
        _number(row.cost.get('gflops'), '.3f'),
        _number(row.iteration, '.3f'),
        str(len(row.values['accuracy'])) +
        (f', {len(row.failed)} failed' if row.failed else ''),
    ]


def _number(value: Optional[float], form: str) -> str:
    return '-' if value is None else format(value, form)


def _with_deviation(mean: Optional[float], deviation: Optional[float],
                    digits: int) -> str:
    text = _number(mean, f'.{digits}f')
    return text if deviation is None else (
        f'{text} ± {deviation:.{digits}f}')


def notes(rows: Sequence[Row]) -> List[str]:
    """What a reader has to know, a line each."""
    lines = [
        'Last epoch; mean ± standard deviation over the seeds. Accuracy, UAR '
        'and F1 in percent.',
        f'Difference of the accuracy from {rows[0].method} and the p value '
        'of a paired, two-sided t-test over common seeds; not corrected for '
        'the number of methods.',
    ]
    lines += [
        f'Failed: {row.method}, {row.ground}, seed {seed}: {why}'
        for row in rows for seed, why in row.failed.items()
    ]
    return lines


def draw(rows: Sequence[Row], column: str = 'accuracy') -> Figure:
    """Means with deviations as bars, single seeds as dots.

    Args:
        rows (Sequence[Row]): From :func:`summarise`.
        column (str): One of the rows' values. Defaults to ``'accuracy'``.

    Returns:
        Figure: A matplotlib figure, bound to no display.
    """
    grounds = list(dict.fromkeys(row.ground for row in rows))
    methods = list(dict.fromkeys(row.method for row in rows))
    figure = Figure(
        figsize=(max(6, 1.2 * len(rows) + 2), 4.5), layout='constrained')
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    width = 0.8 / len(methods)
    lows = []
    for row in rows:
        place = methods.index(row.method)
        x = grounds.index(row.ground) + (place + 0.5) * width - 0.4
        values = list(row.values[column].values())
        if not values:
            continue
        lows.append(min(values))
        axes.bar(x, row.mean(column), 0.9 * width,
                 yerr=row.deviation(column), capsize=3, alpha=0.75,
                 color=COLORS[place % len(COLORS)],
                 label=row.method if row.ground == grounds[0] else None)
        axes.plot([x] * len(values), values, 'k.', ms=4)
    axes.set_xticks(range(len(grounds)), grounds)
    axes.set_ylabel(f'{column} at the last epoch')
    if lows:
        axes.set_ylim(max(0, min(lows) - 5))
    figure.legend(loc='outside lower center', ncols=2, fontsize=8)
    return figure


def write_report(rows: Sequence[Row], folder: str,
                 about: Dict[str, Any]) -> List[str]:
    """Write ``comparison.{json,md,png,html}``.

    Args:
        rows (Sequence[Row]): From :func:`summarise`.
        folder (str): Where to.
        about (dict): What was compared, for the JSON file.

    Returns:
        list[str]: The files.
    """
    stem = osp.join(folder, 'comparison')
    with atomic_write(f'{stem}.json') as file:
        json.dump(dict(about, rows=[row._asdict() for row in rows]), file,
                  indent=1)
    with atomic_write(f'{stem}.md') as file:
        file.write(_markdown(rows))
    draw(rows).savefig(f'{stem}.png', dpi=120)
    with atomic_write(f'{stem}.html') as file:
        file.write(_page(rows, f'{stem}.png'))
    return [f'{stem}.{end}' for end in ('json', 'md', 'png', 'html')]


def _markdown(rows: Sequence[Row]) -> str:
    lines: List[str] = []
    names = headers(rows)
    for ground in dict.fromkeys(row.ground for row in rows):
        lines += [f'## {escape_markdown(ground)}', '', markdown_row(names),
                  '|---' * len(names) + '|']
        lines += [markdown_row(cells_of(row)) for row in rows
                  if row.ground == ground] + ['']
    return '\n'.join(lines + [
        f'- {escape_markdown(note)}' for note in notes(rows)
    ]) + '\n'


def _page(rows: Sequence[Row], figure: str) -> str:
    with open(figure, 'rb') as file:
        image = base64.b64encode(file.read()).decode()
    parts = ['<!doctype html><meta charset="utf-8"><title>Comparison</title>',
             f'<style>{_STYLE}</style><h1>Comparison</h1>',
             f'<img alt="accuracy" src="data:image/png;base64,{image}">']
    for ground in dict.fromkeys(row.ground for row in rows):
        parts += [f'<h2>{html.escape(ground)}</h2><table>',
                  _line(headers(rows), 'th')]
        parts += [_line(cells_of(row), 'td') for row in rows
                  if row.ground == ground] + ['</table>']
    parts += [f'<p>{html.escape(note)}</p>' for note in notes(rows)]
    return '\n'.join(parts) + '\n'


def _line(cells: Sequence[str], tag: str) -> str:
    return '<tr>' + ''.join(
        f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells) + '</tr>'
