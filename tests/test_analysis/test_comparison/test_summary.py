# Copyright (c) mmfer contributors.
import json
import math

import pytest

from mmfer.analysis.comparison import (Cell, Outcome, summarise,
                                       write_report)
from mmfer.analysis.comparison.report import cells_of, notes

VALUES = dict(a=(70., 72., 71.), b=(73., 74., 75.5), c=(60., 60., 60.))


def outcome(accuracy, seconds=.5):
    metrics = {'expr/accuracy': accuracy, 'expr/uar': accuracy / 2,
               'expr/f1': accuracy / 3, 'expr/ece': accuracy / 1000}
    return Outcome(dict(result=dict(last=dict(metrics=metrics))), seconds)


@pytest.fixture
def rows():
    outcomes = {
        Cell(f'{method}.py', None, None, seed): outcome(value)
        for seed in range(3) for method, value in zip(
            VALUES, (VALUES[m][seed] for m in VALUES))
    }
    outcomes[Cell('c.py', None, None, 2)] = Outcome(
        problem='exit code 1: <no memory>')
    return summarise(outcomes, dict(b=dict(parameters=1.5, gflops=.25)))


def test_against_the_formulas(rows):
    assert [row.method for row in rows] == ['a', 'b', 'c']
    assert rows[1].mean('accuracy') == pytest.approx(74.1666667)
    assert rows[1].deviation('accuracy') == pytest.approx(math.sqrt(
        ((73 - 74.1666667)**2 + (74 - 74.1666667)**2 +
         (75.5 - 74.1666667)**2) / 2))
    # Student's t of the paired differences, and its tail for two degrees of
    # freedom in closed form.
    gaps = [b - a for a, b in zip(VALUES['a'], VALUES['b'])]
    middle = sum(gaps) / 3
    spread = math.sqrt(sum((g - middle)**2 for g in gaps) / 2)
    t = middle / (spread / math.sqrt(3))
    assert rows[1].difference == pytest.approx(middle)
    assert rows[1].p_value == pytest.approx(1 - t / math.sqrt(2 + t * t))
    assert rows[0].p_value is rows[0].difference is None


def test_failed_run_leaves_the_others(rows):
    assert rows[2].mean('accuracy') == 60 and rows[2].failed == {
        2: 'exit code 1: <no memory>'}
    assert rows[2].difference == pytest.approx(-11)
    assert '2, 1 failed' == cells_of(rows[2])[-1]
    assert any('<no memory>' in note for note in notes(rows))


def test_nothing_but_failures():
    row, = summarise({Cell('a.py', None, None, 0): Outcome(problem='no')})
    assert row.mean('accuracy') is None and cells_of(row)[1] == '-'


def test_report(rows, tmp_path):
    paths = write_report(rows, str(tmp_path), dict(seeds=[0, 1, 2]))
    content = json.loads((tmp_path / 'comparison.json').read_text())
    assert content['seeds'] == [0, 1, 2]
    assert content['rows'][1]['values']['accuracy'] == {
        '0': 73., '1': 74., '2': 75.5}
    table = (tmp_path / 'comparison.md').read_text()
    assert '| b | 74.17 ± 1.26 | 37.08 ± 0.63 |' in table
    page = (tmp_path / 'comparison.html').read_text()
    assert '&lt;no memory&gt;' in page and 'data:image/png;base64' in page
    assert len(paths) == 4 and (tmp_path / 'comparison.png').stat().st_size
