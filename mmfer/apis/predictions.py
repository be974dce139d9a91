# Copyright (c) mmfer contributors.
import csv
import json
from typing import Any, List, Optional, Sequence

import torch
from mmengine.evaluator import BaseMetric

from mmfer.errors import ConfigError
from mmfer.evaluation import require_finite
from mmfer.files import atomic_write, spreadsheet_cell

from .outputs import writable_file


class SavePredictions(BaseMetric):
    """Write what a model predicts for every sample; returns no metric.

    Labels are written by name, so that files of models with other label
    orders can be compared.

    - ``.csv``: one row a sample: ``img_path``, ``label`` (empty if unknown),
      ``predicted``, and ``score_NAME`` for every class.
    - ``.json``: ``classes``, and ``predictions``, a list of the same with
      ``scores`` in the order of ``classes``.

    Args:
        path (str): The file to write, ending in .csv or .json.
        fields (Sequence[str]): Meta information of the samples to write as
            well, such as ``'subject'``; empty where unknown. Defaults to ().
        vectors (Sequence[str]): Further labels and predictions to write,
            such as ``'pred_au'``, as lists of numbers, None for an unknown
            number or where a sample has none; in .json only. Defaults to ().

    Raises:
        OutputError: If the ending is another, or it cannot be written.
        ValueError: If vectors are asked of .csv.
        NonFiniteError: If a prediction is NaN or infinite.
    """

    def __init__(self,
                 path: str,
                 fields: Sequence[str] = (),
                 vectors: Sequence[str] = ()) -> None:
        super().__init__()
        self.path = writable_file(path, ('.csv', '.json'))
        if vectors and path.endswith('.csv'):
            raise ConfigError(f'{path}: a table has no room for {vectors}',
                              hint='choose .json')
        self.fields = tuple(fields)
        self.vectors = tuple(vectors)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep path, label and scores of a batch."""
        for sample in data_samples:
            require_finite(sample, 'pred_score', *(
                name for name in self.vectors if name.startswith('pred_')))
            label = sample.get('gt_label', torch.empty(0))
            self.results.append(
                dict(
                    img_path=sample.get('img_path', ''),
                    label=int(label) if label.numel() == 1 else None,
                    predicted=int(sample['pred_label']),
                    **{name: sample.get(name) for name in self.fields},
                    **{name: _numbers(sample.get(name))
                       for name in self.vectors},
                    scores=sample['pred_score'].float().cpu().tolist()))

    def compute_metrics(self, results: List[dict]) -> dict:
        """Write the file, on the main process only."""
        classes = (self.dataset_meta or {}).get('classes')
        classes = list(classes or range(len(results[0]['scores'])))
        for row in results:
            for key in ('label', 'predicted'):
                if row[key] is not None:
                    row[key] = classes[row[key]]
        with atomic_write(self.path, newline='') as file:
            if self.path.endswith('.json'):
                json.dump(
                    dict(classes=classes, predictions=results),
                    file,
                    indent=1)
            else:
                writer = csv.writer(file)
                columns = ['img_path', 'label', 'predicted', *self.fields]
                writer.writerow(columns +
                                [f'score_{name}' for name in classes])
                writer.writerows([*(spreadsheet_cell(row[name])
                                    for name in columns),
                                  *row['scores']] for row in results)
        return {}


def _numbers(value: Optional[torch.Tensor]) -> Any:
    """A tensor in types that JSON knows; NaN is None."""
    if value is None:
        return None
    value = torch.as_tensor(value).float().cpu()
    if value.ndim:
        return [_numbers(entry) for entry in value]
    return None if value.isnan() else float(value)
