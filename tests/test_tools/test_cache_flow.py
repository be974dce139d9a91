# Copyright (c) mmfer contributors.
import importlib.util
from pathlib import Path

import pytest

from mmfer.datasets import CASME2
from ..clip_toys import write_frames, write_xlsx

TOOL = Path(__file__).parents[2] / 'tools/dataset_tools/cache_flow.py'
CONFIG = '''
custom_imports = dict(imports=['mmfer'])
train_dataloader = dict(batch_size=2, dataset=dict(
    type='RepeatDataset', times=2, dataset=dict(
        type='InMemoryDataset', dataset=dict(
            type='CASME2', data_root={root!r}, on_error='skip', pipeline=[
                dict(type='OpenClip'), dict(type='OnsetApexFrames'),
                dict(type='ReadFlow', cache_dir={cache!r}),
                dict(type='NoSuchTransform')]))))
test_dataloader = dict(dataset=dict(type='CASME2', data_root={root!r},
                                    pipeline=[dict(type='OpenClip')]))
'''


@pytest.fixture(scope='module')
def tool():
    spec = importlib.util.spec_from_file_location('cache_flow', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def config(tmp_path):
    write_xlsx(tmp_path / CASME2.SHEET, [
        ['Subject', 'Filename', 'Onset', 'Apex', 'Offset', 'Emotion', 'AU'],
        *([f'{i:02d}', 'a', 1, 2, 3, 'disgust', '4'] for i in range(1, 4))])
    for i in range(1, 4):
        write_frames(tmp_path / f'sub{i:02d}/a', (1, 2, 3), size=32)
    path = tmp_path / 'toy.py'
    path.write_text(CONFIG.format(root=str(tmp_path),
                                  cache=str(tmp_path / 'flow')))
    return path


def run(tool, *args):
    tool.main(tool.parse_args([*map(str, args), '--workers', '0']))


def test_fills_the_cache_and_goes_on(tool, config, capsys):
    run(tool, config)
    files = sorted(config.parent.joinpath('flow').rglob('*.npz'))
    assert len(files) == 3
    assert 'all flows are there' in capsys.readouterr().out
    times = [file.stat().st_mtime_ns for file in files]
    files[0].unlink()
    run(tool, config)
    assert files[0].is_file()
    assert [file.stat().st_mtime_ns for file in files[1:]] == times[1:]


def test_bad_clip_is_named_and_the_others_are_done(tool, config, capsys):
    (config.parent / 'sub02/a/img2.png').unlink()
    with pytest.raises(SystemExit, match='1 clips are unusable'):
        run(tool, config)
    assert 'sub02/a: 1 of the 3 frames' in capsys.readouterr().out
    assert len(list(config.parent.joinpath('flow').rglob('*.npz'))) == 2


def test_bad_config(tool, config):
    with pytest.raises(ValueError, match='CASME2 holds no ReadFlow with a '
                       r"cache_dir: \['OpenClip'\]. Hint"):
        run(tool, config, '--split', 'test')
    with pytest.raises(ValueError, match=r'CASME2 holds no ReadFlow.*: \[\]'):
        run(tool, config, '--split', 'test', '--cfg-options',
            'test_dataloader.dataset._delete_=True',
            'test_dataloader.dataset.type=CASME2')
    with pytest.raises(ValueError, match='no val_dataloader'):
        run(tool, config, '--split', 'val')
    with pytest.raises(ValueError, match='does not fit the config.*Hint'):
        run(tool, config, '--cfg-options', 'train_dataloader.dataset.dataset'
            '.dataset.pipeline.9.type=OpenClip')
