# Copyright (c) mmfer contributors.
"""The tools that look at predictions, as a user calls them."""
import json
import shutil
from pathlib import Path

import pytest

from mmfer.datasets import FERPlus

AUDIT = 'analysis_tools/audit_labels'


def test_audit_and_decisions(trained, tool, capsys):
    noise = 'train_dataloader.dataset.noise.'
    assert tool(AUDIT, trained.config, trained.checkpoint, '--out', 'out',
                '--signals', 'probability', 'neighbors',
                '--least-agreement', '1', '--top', '3', '--cfg-options',
                f'{noise}type=SymmetricNoise', f'{noise}ratio=0.25') is None
    printed = capsys.readouterr().out
    assert 'of 32 labels corrected' in printed and 'AUC' in printed
    labels = Path('out/labels.csv').resolve()
    read = FERPlus(data_root=str(trained.data),
                   noise=dict(type='FileNoise', file=str(labels)))
    assert len(read) == 32
    name, label = labels.read_text().splitlines()[1].split(',')
    other = 'anger' if label == 'fear' else 'fear'
    assert Path('out/audit.html').read_text().count(
        'data:image/jpeg') == 3
    Path('decisions.csv').write_text(
        f'file,name,label\nlabels.csv,{name},{other}\n')
    assert tool('analysis_tools/apply_decisions', labels,
                'decisions.csv') is None
    assert '1 of 32 labels' in capsys.readouterr().out
    decided = labels.with_name('decided_labels.csv').read_text()
    assert f'{name},{other}\n' in decided


@pytest.mark.slow
def test_networks_of_each_fold(trained, tool):
    """Two trainings; the second call repeats neither."""
    pytest.importorskip('cleanlab')
    for _ in range(2):
        assert tool(AUDIT, trained.config, trained.checkpoint, '--out', 'out',
                    '--signals', 'out_of_fold', '--train-folds', '--folds',
                    '2') is None
        runs = [Path(f'out/folds/fold{fold}/output.txt').read_text()
                for fold in range(2)]
        assert all(run.count('Saving checkpoint at 2 epochs') == 1
                   for run in runs)


def test_figures(trained, tool):
    assert tool('analysis_tools/class_tables', trained.config,
                trained.checkpoint) is None
    out = Path('work_dirs/toy/analysis')
    matrix = json.loads((out / 'confusion_matrix.json').read_text())
    assert sum(map(sum, matrix['counts'])) == 16
    assert len((out / 'classes.csv').read_text().splitlines()) == 9
    assert not (out / 'subjects.csv').exists()
    assert tool('analysis_tools/reliability', trained.config,
                trained.checkpoint) is None
    assert json.loads((out / 'reliability.json').read_text())['samples'] == 16
    assert tool('analysis_tools/embed_features', trained.config,
                trained.checkpoint, '--number', '8', '--split',
                'val') is None
    assert (out / 'tsne.png').is_file() and (out / 'tsne.npz').is_file()


@pytest.mark.parametrize('case', ['config', 'checkpoint', 'damaged', 'out',
                                  'index', 'work folder'])
def test_bad_input(trained, tool, tmp_path, case):
    """One line that names the hint, and nothing is left half done."""
    config, checkpoint = trained.config, trained.checkpoint
    options = ['--signals', 'neighbors']
    if case == 'config':
        config, wanted = 'absent.py', 'absent.py: no such config'
    elif case == 'checkpoint':
        checkpoint, wanted = 'absent.pth', 'absent.pth: no such checkpoint'
    elif case == 'damaged':
        checkpoint, wanted = tmp_path / 'cut.pth', 'cannot be read'
        checkpoint.write_bytes(trained.checkpoint.read_bytes()[:5000])
    elif case == 'out':
        # Stands for a folder without permission, which root ignores.
        Path('file').touch()
        options += ['--out', 'file/out']
        wanted = 'cannot be written'
    elif case == 'index':
        shutil.copy(trained.config, 'index.npz')
        options += ['--neighbor-index', 'index.npz']
        wanted = 'not a readable .npz file'
    if case == 'work folder':
        message = tool('analysis_tools/correction_flow', tmp_path)
        wanted = 'corrections.jsonl: no such file'
    else:
        message = tool(AUDIT, config, checkpoint, *options)
    assert wanted in message and 'Hint' in message
    assert not list(tmp_path.glob('**/labels.csv'))
