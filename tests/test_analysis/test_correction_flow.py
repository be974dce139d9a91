# Copyright (c) mmfer contributors.
import json

import pytest

from mmfer.analysis.correction_flow import (correction_flow,
                                            draw_correction_flow,
                                            read_corrections)
from mmfer.structures import AnnotationError

ROWS = [dict(epoch=e, index=i, given=g, old=o, new=n, clean=c)
        for e, i, g, o, n, c in (
            (2, 0, 'fear', 'fear', 'anger', 'anger'),
            (2, 5, 'anger', 'anger', 'fear', 'anger'),
            (4, 0, 'fear', 'anger', 'sadness', 'anger'),
            (4, 5, 'anger', 'fear', 'anger', 'anger'),
            (4, 7, 'fear', 'fear', 'sadness', 'sadness'))]


def write(path, rows):
    path.write_text('\n'.join(map(json.dumps, rows)) + '\n')
    return str(path)


def test_first_and_last_labels_are_counted(tmp_path):
    flow = correction_flow(
        read_corrections(write(tmp_path / 'c.jsonl', ROWS)))
    assert flow.classes == ['anger', 'fear', 'sadness']
    assert flow.counts.tolist() == [[1, 0, 0], [0, 0, 2], [0, 0, 0]]
    assert flow.epochs == [2, 4] and flow.changes.tolist() == [2, 3]
    assert flow.right.tolist() == [1, 2]
    draw_correction_flow(flow, str(tmp_path / 'flow.png'))
    assert (tmp_path / 'flow.png').stat().st_size > 10000


def test_without_known_noise():
    rows = [{k: v for k, v in row.items() if k != 'clean'} for row in ROWS]
    flow = correction_flow(rows)
    assert flow.right is None and flow.counts[1, 2] == 2


@pytest.mark.parametrize('line', ['[1, 2]', '{"epoch": 1}', '{"epo', '3'])
def test_bad_line(tmp_path, line):
    path = write(tmp_path / 'c.jsonl', ROWS[:1])
    with open(path, 'a') as file:
        file.write(line)
    with pytest.raises(AnnotationError, match='line 2: no correction'):
        read_corrections(path)


def test_bad_flow():
    with pytest.raises(ValueError, match='no label was corrected. Hint'):
        correction_flow([])
    with pytest.raises(FileNotFoundError, match='no such file. Hint'):
        read_corrections('absent/corrections.jsonl')
