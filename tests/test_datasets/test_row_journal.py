# Copyright (c) mmfer contributors.
import os
import signal

import numpy as np
import pytest

from mmfer.datasets.row_journal import RowJournal

DTYPE = np.dtype([('label', np.int64), ('floats', np.float32, (3, ))])
ROWS = np.array([(i, (i, i / 2, -i)) for i in range(9)], DTYPE)
KEY, OTHER = b'k' * 32, b'o' * 32


def test_rows_of_a_killed_process(tmp_path):
    path = str(tmp_path / 'journal')
    child = os.fork()
    if not child:
        journal = RowJournal(path, KEY, DTYPE)
        for row in ROWS[:5]:
            journal.write(row)
        journal._file.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    journal = RowJournal(path, KEY, DTYPE)
    assert np.array_equal(journal.rows, ROWS[:5])
    journal.write(ROWS[5])
    journal.close()
    assert np.array_equal(RowJournal(path, KEY, DTYPE).rows, ROWS[:6])


@pytest.mark.parametrize('cut', [1, DTYPE.itemsize - 1, DTYPE.itemsize])
def test_row_that_is_not_whole_is_cut(tmp_path, cut):
    path = tmp_path / 'journal'
    journal = RowJournal(str(path), KEY, DTYPE)
    for row in ROWS[:4]:
        journal.write(row)
    journal.close()
    os.truncate(path, path.stat().st_size - cut)
    journal = RowJournal(str(path), KEY, DTYPE)
    assert np.array_equal(journal.rows, ROWS[:3])
    journal.write(ROWS[7])
    journal.close()
    assert RowJournal(str(path), KEY, DTYPE).rows['label'].tolist() == [
        0, 1, 2, 7]


def test_other_key_starts_anew(tmp_path):
    path = str(tmp_path / 'journal')
    journal = RowJournal(path, KEY, DTYPE)
    journal.write(ROWS[0])
    journal.close()
    journal = RowJournal(path, OTHER, DTYPE)
    assert not len(journal.rows)
    journal.close()
    assert not len(RowJournal(path, KEY, DTYPE).rows)


def test_one_writer_at_a_time(tmp_path):
    path = str(tmp_path / 'journal')
    first = RowJournal(path, KEY, DTYPE)
    first.write(ROWS[0])
    second = RowJournal(path, KEY, DTYPE)
    second.write(ROWS[1])
    second.close(remove=True)
    first.close()
    assert RowJournal(path, KEY, DTYPE).rows['label'].tolist() == [0]


def test_without_a_place(tmp_path):
    journal = RowJournal(str(tmp_path / 'no/journal'), KEY, DTYPE)
    journal.write(ROWS[0])
    journal.close(remove=True)
    assert not len(journal.rows) and not list(tmp_path.iterdir())


def test_removed_when_done(tmp_path):
    journal = RowJournal(str(tmp_path / 'journal'), KEY, DTYPE)
    journal.close(remove=True)
    assert not list(tmp_path.iterdir())


def test_bad_key(tmp_path):
    with pytest.raises(ValueError, match='32 bytes, got 3'):
        RowJournal(str(tmp_path / 'journal'), b'abc', DTYPE)


def test_rows_after_a_damaged_one_are_dropped(tmp_path):
    path = tmp_path / 'journal'
    journal = RowJournal(str(path), KEY, DTYPE)
    for row in ROWS:
        journal.write(row)
    journal.close()
    content = bytearray(path.read_bytes())
    content[32 + 4 * (DTYPE.itemsize + 4) + 9] ^= 1
    path.write_bytes(content)
    assert np.array_equal(RowJournal(str(path), KEY, DTYPE).rows, ROWS[:4])
