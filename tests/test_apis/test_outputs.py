# Copyright (c) mmfer contributors.
import pytest

from mmfer.apis.outputs import (OutputError, require_display, writable_figure,
                                writable_file, writable_folder)


def test_what_is_there_stays_and_nothing_is_left(tmp_path):
    old, new = tmp_path / 'old.csv', tmp_path / 'deep/er/new.csv'
    old.write_text('kept')
    assert writable_file(str(old), ('.csv', '.json')) == str(old)
    assert old.read_text() == 'kept'
    writable_file(str(new))
    assert new.parent.is_dir() and not list(new.parent.iterdir())
    writable_folder(str(tmp_path / 'folder'))
    assert not list((tmp_path / 'folder').iterdir())
    writable_figure(str(tmp_path / 'x.PNG'))


@pytest.mark.parametrize('path, told', [
    ('file/x.csv', 'file: cannot be written'),
    ('file/', 'file: cannot be written'),
    ('folder', 'folder: cannot be written .Is a directory'),
    ('folder/', 'folder: cannot be written .Is a directory'),
    ('new/', 'new: cannot be written .it is the name of a folder'),
])
def test_bad_places(tmp_path, path, told):
    (tmp_path / 'file').write_text('')
    (tmp_path / 'folder').mkdir()
    with pytest.raises(OutputError, match=f'{told}.*Hint'):
        writable_file(f'{tmp_path}/{path}')
    if path.startswith('file'):
        with pytest.raises(OutputError, match='cannot be written.*Hint'):
            writable_folder(f'{tmp_path}/{path}')


def test_bad_endings(tmp_path):
    with pytest.raises(OutputError, match='x.txt: .*.csv or .json. Hint'):
        writable_file(str(tmp_path / 'deep/x.txt'), ('.csv', '.json'))
    with pytest.raises(OutputError, match='x.foo: .*.png.*Hint'):
        writable_figure(str(tmp_path / 'deep/x.foo'))
    assert not list(tmp_path.iterdir())


def test_bad_display(monkeypatch):
    monkeypatch.setattr('sys.platform', 'linux')
    monkeypatch.setenv('DISPLAY', ':0')
    require_display('--out-dir')
    for name in ('DISPLAY', 'WAYLAND_DISPLAY'):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(OutputError, match='no display.*Hint.*--out-dir'):
        require_display('--out-dir')
