# Copyright (c) mmfer contributors.
import json
import mmap
import os
from contextlib import contextmanager

import numpy as np
import pytest

from mmfer.analysis.benchmarking import (PeakMemory, Repeat, environment,
                                         finish, interleave, measure,
                                         private_mib, summarise)


def test_variants_take_turns():
    calls = []

    def run(name):
        calls.append(name)
        return float(len(calls))

    results = interleave({name: lambda name=name: run(name)
                          for name in 'ab'}, 3)
    assert ''.join(calls) == 'ababab'
    assert [r.value for r in results['a']] == [1, 3, 5]
    assert [r.value for r in results['b']] == [2, 4, 6]


def test_ratios_are_taken_between_neighbours():
    """The load triples in the middle; the ratio stays what it is."""
    results = dict(a=[Repeat(1.), Repeat(3.), Repeat(1.)],
                   b=[Repeat(2., 5.), Repeat(6., 7.), Repeat(4., 6.)])
    first, second = summarise(results, 's', task='t',
                              more=dict(worker_mib=dict(a=[1, 2, 3],
                                                        b=[None] * 3)))
    assert first['ratio'] == dict(median=1, low=1, high=1)
    assert second['ratio'] == dict(median=2, low=2, high=4)
    assert second['value'] == dict(median=4, low=2, high=6)
    assert second['values'] == [2, 6, 4]
    assert first['peak_mib'] is None
    assert second['peak_mib'] == dict(median=6, low=5, high=7)
    assert first['worker_mib'] == dict(median=2, low=1, high=3)
    assert second['worker_mib'] is None
    assert (second['task'], second['unit'], second['base']) == ('t', 's', 'a')
    assert summarise(results, 's', 'b')[0]['ratio']['median'] == 0.5


@contextmanager
def memory(mib: int):
    """Fresh memory that goes back to the system, which arrays need not."""
    with mmap.mmap(-1, mib * 2**20) as pages:
        np.frombuffer(pages, dtype=np.uint8)[::1024] = 1
        yield


def test_peak_memory_forgets_what_was_before():
    if PeakMemory().growth() is None:
        pytest.skip('this system cannot reset the peak of memory')
    with memory(128):
        pass

    def run():
        with memory(64):
            return 1.

    assert 60 < measure(run).peak_mib < 100
    assert measure(lambda: 1.).peak_mib < 20


def test_private_memory():
    if not os.path.exists('/proc/self/smaps_rollup'):
        pytest.skip('this system does not tell private memory')
    before = private_mib([os.getpid()])
    with memory(64):
        assert 60 < private_mib([os.getpid()]) - before < 100
    assert private_mib([2**22 + 1]) is None  # no such process


def test_report(tmp_path, capsys):
    records = summarise(dict(one=[Repeat(2000.)], two=[Repeat(4000.)]),
                        'images/s', task='fetch')
    path = tmp_path / 'report.json'
    report = finish('data', dict(batch=4), records, dict(three='why not'),
                    str(path))
    assert json.loads(path.read_text()) == report
    assert set(report) == {'benchmark', 'format', 'environment', 'settings',
                           'results', 'skipped'}
    assert set(environment()) == {'versions', 'cpu', 'cores', 'device',
                                  'threads', 'load_average'}
    assert report['environment']['versions']['torch']
    out = capsys.readouterr().out
    for words in ('data: fetch', 'ratio to one', '4,000', 'why not'):
        assert words in out
    assert os.listdir(tmp_path) == ['report.json']


@pytest.mark.parametrize('repeats', [0, -1])
def test_bad_repeats(repeats):
    with pytest.raises(ValueError, match=f'got {repeats}'):
        interleave(dict(a=lambda: 1.), repeats)
