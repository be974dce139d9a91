# Copyright (c) mmfer contributors.
import pickle

import pytest

from mmfer.errors import (AnnotationError, CheckpointError, ConfigError,
                          ImageError, UserError)


@pytest.mark.parametrize('kwargs, text', [
    (dict(message='bad'), 'bad'),
    (dict(message='bad', file='a.csv'), 'a.csv: bad'),
    (dict(message='bad', file='a.csv', line=3), 'a.csv, line 3: bad'),
    (dict(message='bad', file='a.csv', value=0), 'a.csv: bad: 0'),
    (dict(message='bad', file='a.csv', line=1, value='', hint='mend it'),
     "a.csv, line 1: bad: ''. Hint: mend it"),
])
def test_message(kwargs, text):
    error = AnnotationError(**kwargs)
    assert str(error) == text
    assert error.file == kwargs.get('file')
    assert error.line == kwargs.get('line')
    assert error.value == kwargs.get('value')


def test_kinds():
    """What a caller may catch."""
    assert issubclass(AnnotationError, ValueError)
    assert issubclass(ImageError, OSError)
    assert not issubclass(ImageError, ValueError)
    for kind in (AnnotationError, CheckpointError, ConfigError, ImageError):
        assert issubclass(kind, UserError)


def test_hint_follows_the_message():
    error = ImageError('a.png: truncated', hint='copy it again')
    assert str(error) == 'a.png: truncated. Hint: copy it again'
    assert error.hint == 'copy it again' and ImageError('a').hint is None


def test_errors_travel_between_processes():
    for error in (AnnotationError('bad', 'a.csv', 3, 'x', 'mend it'),
                  ImageError('a.png: truncated'),
                  ConfigError('no loader', hint='add one')):
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is type(error) and str(copy) == str(error)
        assert vars(copy) == vars(error)
