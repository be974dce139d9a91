# Copyright (c) mmfer contributors.
"""What any tool may be given: a place that cannot be written, no network, a
checkpoint of another model, no display. Each tells it before the work."""
from importlib.util import find_spec
from pathlib import Path

import pytest

from ..toys import CONFIGS

SYNTHETIC = CONFIGS / 'baseline/resnet18_1xb64_synthetic.py'
NEIGHBORS = CONFIGS / 'uapl/uapl_resnet18_1xb64_synthetic.py'
URL = 'http://127.0.0.1:9/x.pth'

# Tool and arguments; PLACE lies below a file, so nobody can write it, root
# and owners of read-only folders included.
PLACES = {
    'train': ['CONFIG', '--work-dir', 'PLACE'],
    'test': ['CONFIG', 'CHECKPOINT', '--out', 'PLACE.csv'],
    'test ': ['CONFIG', 'CHECKPOINT', '--show-dir', 'PLACE'],
    'compare': ['--configs', SYNTHETIC, '--work-dir', 'PLACE'],
    'cross_validate': [SYNTHETIC, '--protocol', 'kfold', '--folds', '2',
                       '--split', 'train', '--work-dir', 'PLACE',
                       '--cfg-options', 'test_dataloader.dataset.size=9'],
    'analysis_tools/class_tables': ['CONFIG', 'CHECKPOINT', '--out',
                                    'PLACE'],
    'analysis_tools/plot_curve': ['RUN', '--out', 'PLACE.png'],
    'dataset_tools/build_au_graph': [SYNTHETIC, '--out', 'PLACE.npz'],
    'dataset_tools/build_neighbors': [NEIGHBORS, '--out', 'PLACE.npz'],
    'dataset_tools/find_faces': ['CONFIG', '--out', 'PLACE.csv', '--detector',
                                 'whole-image'],
    'dataset_tools/make_synthetic': ['PLACE', '--size', '2'],
    'dataset_tools/make_synthetic ': ['--contact-sheet', 'PLACE.png'],
    'dataset_tools/pack': [SYNTHETIC, '--size', '8', '--out', 'PLACE',
                           '--cfg-options', 'train_dataloader.dataset.size=2'],
    'model_converters/convert_checkpoint': ['dan', 'gone.pth', 'PLACE.pth'],
    'visualization/draw_landmark_trees': ['CONFIG', 'CHECKPOINT', '--out',
                                          'PLACE.png'],
    'visualization/draw_predictions': ['CONFIG', 'CHECKPOINT', '--out',
                                       'PLACE.png'],
}


@pytest.fixture
def call(trained, tool, tmp_path):
    """Run a tool on the toy run; the line that it ends with."""
    (tmp_path / 'file').write_text('')
    names = dict(CONFIG=trained.config, CHECKPOINT=trained.checkpoint,
                 RUN=trained.work_dir)

    def run(name, *arguments):
        end = tool(name.strip(), *(
            names.get(a, str(a).replace('PLACE', 'file/x'))
            for a in arguments))
        assert isinstance(end, str) and '\n' not in end, end
        assert 'Hint: ' in end
        # No work was done: no run, no log.
        assert not list(tmp_path.glob('**/*.log'))
        return end

    return run


@pytest.mark.parametrize('name', PLACES)
def test_bad_place(call, name):
    end = call(name, *PLACES[name])
    assert 'file' in end and (
        'cannot be written' in end or 'a part of it is a file' in end), end


@pytest.mark.parametrize('name', [
    'test', 'analysis_tools/reliability', 'visualization/draw_predictions'])
def test_bad_network(call, name):
    end = call(name, 'CONFIG', URL)
    assert f'{URL}: cannot be fetched' in end


@pytest.mark.parametrize('name', [
    'deployment/export_onnx', 'visualization/draw_predictions',
    'visualization/draw_landmark_trees'])
def test_bad_checkpoint_of_another_model(call, name):
    """Drawing once went on with random weights."""
    end = call(name, SYNTHETIC, 'CHECKPOINT', '--out', 'x.png')
    assert 'does not fit' in end and not Path('x.png').exists()


def test_bad_display(call, monkeypatch):
    monkeypatch.setattr('sys.platform', 'linux')
    for name in ('DISPLAY', 'WAYLAND_DISPLAY'):
        monkeypatch.delenv(name, raising=False)
    end = call('test', 'CONFIG', 'CHECKPOINT', '--show')
    assert 'there is no display' in end and '--show-dir' in end


@pytest.mark.skipif(find_spec('umap') is not None, reason='umap is there')
def test_bad_package(call):
    end = call('analysis_tools/embed_features', 'CONFIG', 'CHECKPOINT',
               '--method', 'umap')
    assert "pip install 'mmfer[analysis]'" in end


@pytest.mark.parametrize('text, told', [
    ('x = undefined', "NameError: name 'undefined'"), ('a = (', 'not valid')])
def test_bad_config(call, text, told):
    Path('mine.py').write_text(text)
    assert told in call('test', 'mine.py', 'CHECKPOINT')
