# Copyright (c) mmfer contributors.
import importlib.util
from pathlib import Path

import pytest

from mmfer.errors import ConfigError
from mmfer.structures import AU_SETS, AUGraph, au_names

TOOL = Path(__file__).parents[2] / 'tools/dataset_tools/build_au_graph.py'
CONFIG = '''
custom_imports = dict(imports=['mmfer'])
train_dataloader = dict(batch_size=2, dataset=dict(
    type='SyntheticFER', size=100, image_size=32, pipeline=[]))
'''


@pytest.fixture(scope='module')
def tool():
    spec = importlib.util.spec_from_file_location('build_au_graph', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(tool, folder, *args):
    (folder / 'toy.py').write_text(CONFIG)
    tool.main(tool.parse_args([str(folder / 'toy.py'), *args]))


@pytest.mark.parametrize('options, relations', [
    ((), 1), (('--signed', '--threshold', '0.3', '--reweighting', 'add',
               '--neighbor-share', '0.2', '--min-positives', '5'), 2)])
def test_graph_is_written_and_drawn(tool, tmp_path, capsys, options,
                                    relations):
    out = tmp_path / 'graph.npz'
    _run(tool, tmp_path, '--out', str(out), *options, '--cfg-options',
         'train_dataloader.dataset.size=80')
    graph = AUGraph.load(str(out))
    assert graph.names == au_names('synthetic')
    assert graph.adjacency.shape == (relations, 18, 18)
    assert graph.provenance['samples'] == 80
    if options:
        assert graph.provenance['threshold'] == .3
        assert graph.provenance['reweighting'] == 'add'
        assert graph.provenance['neighbor_share'] == .2
        assert graph.provenance['min_positives'] == 5
    assert (tmp_path / 'graph.png').stat().st_size > 10000
    printed = capsys.readouterr().out
    assert f'{graph.num_edges} edges' in printed and 'pos_weight' in printed
    assert len(printed.splitlines()) == len(AU_SETS['synthetic']) + 2


def test_bad_split(tool, tmp_path):
    with pytest.raises(ConfigError, match='no val_dataloader. Hint'):
        _run(tool, tmp_path, '--out', str(tmp_path / 'g.npz'), '--split',
             'val')
