# Copyright (c) mmfer contributors.
"""The page of what works with what: counted in the metafiles, and asked of
the models themselves."""
import os
from typing import Any, Dict, List, Sequence

from mmengine.config import Config
from mmengine.registry import DefaultScope
from model_zoo import read_metafiles

from mmfer.errors import ConfigError
from mmfer.apis.export import ExportableModel
from mmfer.apis.inference import face_size
from mmfer.apis.models import (au_names_of, num_landmarks_of,
                               tested_dataset)
from mmfer.datasets import MicroExpressionDataset
from mmfer.registry import DATASETS, MODELS

HEAD = """# What works with what

The tables are made from metafiles, configs and models, the notes below them are what tests check. Versions of packages: see
[installation](install.md#support-matrix).

## Methods and datasets

Configs of each method by training set. A test puts the parts of each together and takes a training step with every model among
them. A set without a number is not out of bounds: `tools/compare.py --datasets` puts any set with expressions into any config of
pictures, [your own](datasets/your_own.md) included.
"""
FEATURES = """
## Methods and features

Asked of the model of one config each.
"""
REST = """
- **takes**: `FERInferencer` finds faces by itself for models that take pictures. Landmarks must be given; flow and clips are for
  `tools/test.py`.
- **predicts**: action units, and where pictures are taken what else is predicted beside expressions. Confidence is a measure of the
  method's own.
- **ONNX**: `tools/deployment/export_onnx.py`. A test compares ONNX Runtime with PyTorch for each method that is marked.
- **attention**: what `--attention` draws from the method's own weights; `cam` goes with all that take pictures alone.
- **packed**: faces from [packed datasets](packing.md), augmented [as batches on the device](augmentation.md).
- [Label noise](noise.md) is an argument of every dataset of mmfer, and a [label bank](noise.md#the-label-bank), which corrects labels,
  one of every model here.
- Several processes: `tools/dist_train.sh`. A slow test trains each method for two steps in two processes on the CPU; their weights
  stay equal. Several GPUs have not been tried.
"""


def _cell(value: Any) -> str:
    return 'yes' if value is True else str(value or '')


def _table(header: List[str], rows: List[List[Any]]) -> str:
    lines = [header, ['---'] * len(header)]
    lines += [[_cell(cell) for cell in row] for row in rows]
    return '\n'.join('| ' + ' | '.join(line) + ' |' for line in lines) + '\n'


def count_configs(metafiles: List[Dict[str, Any]]) -> Dict[str, dict]:
    """Configs by method and training set.

    Returns:
        dict[str, dict[str, int]]: Method -> set -> number.
    """
    counts: Dict[str, dict] = {}
    for meta in metafiles:
        name = meta['Collections'][0]['Name']
        counts[name] = {}
        for model in meta['Models']:
            data = model['Metadata']['Training Data']
            # Long-tailed parts are parts of their set.
            data = data.replace(', long-tailed', '')
            counts[name][data] = counts[name].get(data, 0) + 1
    return counts


def example(meta: Dict[str, Any]) -> str:
    """The config of a method to ask: the plainest, on drawn faces if any."""
    drawn = [model['Config'] for model in meta['Models']
             if model['Metadata']['Training Data'] == 'SyntheticFER']
    # Variants have longer names.
    return min(drawn or [model['Config'] for model in meta['Models']], key=len)


def features(path: str) -> Dict[str, Any]:
    """What a method can do.

    Args:
        path (str): One of its configs.

    Returns:
        dict[str, Any]: Column -> cell.
    """
    cfg = Config.fromfile(path)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = MODELS.build(dict(
            cfg.model, data_preprocessor=cfg.data_preprocessor)).eval()
        clips = getattr(model.backbone, 'takes_clips', False)
        flow = not clips and issubclass(
            DATASETS.get(tested_dataset(cfg)['type']), MicroExpressionDataset)
    found: Sequence[str] = ()
    if not flow:
        try:
            found = ExportableModel(model).names(face_size(cfg, {}))
        except ConfigError:  # tells that it cannot be exported
            pass
    predicts = ['action units'] * bool(au_names_of(model))
    predicts += [word for field, word in (
        ('pred_va', 'valence-arousal'), ('pred_confidence', 'confidence'))
        if field in found]
    attention = [kind for kind, there in (
        ('heads', hasattr(model.neck, 'attention')),
        ('patches', 'pred_patch_weights' in found),
        ('tokens', 'pred_patch_exit' in found)) if there]
    takes = 'clips' if clips else 'flow' if flow else 'pictures'
    return {
        'takes': takes + ', landmarks' * bool(num_landmarks_of(model)),
        'predicts': ', '.join(predicts),
        'ONNX': bool(found),
        'attention': ', '.join(attention),
        'packed': not clips and not flow,
    }


def support_matrix(root: str) -> str:
    """The text of the page.

    Args:
        root (str): The folder of ``model-index.yml``.
    """
    metafiles = read_metafiles(root)
    counts = count_configs(metafiles)
    # Those that most methods know stand first.
    sets = sorted({data for row in counts.values() for data in row},
                  key=lambda data: (-sum(data in row for row in
                                         counts.values()), data))
    rows = [[name, *(row.get(data) for data in sets)]
            for name, row in counts.items()]
    asked = {meta['Collections'][0]['Name']: features(
        os.path.join(root, example(meta))) for meta in metafiles}
    columns = list(next(iter(asked.values())))
    return '\n'.join([
        HEAD, _table(['method', *sets], rows), FEATURES,
        _table(['method', *columns],
               [[name, *row.values()] for name, row in asked.items()]), REST])
