# Copyright (c) mmfer contributors.
"""Training and evaluation of several tasks on two processes.

The second process has no label of action units, valence and arousal.
"""
import json

import numpy as np
import pytest
import torch

from mmfer.evaluation import AUMetric, VAMetric
from mmfer.structures import au_names
from ..processes import run_processes
from .test_va_metric import va_data

WORKER = '''
import json, sys
import numpy as np, torch, torch.distributed as dist
rank, path = int(sys.argv[1]), sys.argv[2]
dist.init_process_group('gloo', init_method='file://' + path + '/store',
                        rank=rank, world_size=2)
from mmengine.dataset import DefaultSampler
from mmengine.evaluator import Evaluator
from torch.nn.parallel import DistributedDataParallel
import mmfer
from mmfer.registry import MODELS
from mmfer.structures import FERDataSample
data = np.load(path + '/data.npz', allow_pickle=False)

def sample(i):
    face = FERDataSample().set_gt_label(int(i) % 8)
    face.set_pred_score(data['scores'][i])
    face.set_pred_au(data['pred_au'][i]).set_pred_va(data['pred_va'][i])
    if rank == 0:
        face.set_gt_au(data['gt_au'][i]).set_gt_va(data['gt_va'][i])
    return face

result = {}
for round_up in (True, False):
    evaluator = Evaluator([dict(type='mmpretrain.' + name) for name in
                           ('AUMetric', 'VAMetric', 'MultiTaskScore')])
    evaluator.dataset_meta = dict(classes=list('abcdefgh'))
    mine = list(DefaultSampler(data['pred_va'], False, round_up=round_up))
    for start in range(0, len(mine), 4):
        evaluator.process([sample(i) for i in mine[start:start + 4]])
    result[str(round_up)] = evaluator.evaluate(len(data['pred_va']))

torch.manual_seed(0)
class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.head = MODELS.build(dict(
            type='MultiTaskFERHead', num_classes=8, in_channels=4,
            learn_weights=True, task_heads=dict(
                expr=dict(type='ImportanceHead'),
                au=dict(type='AUGraphHead', au_set='disfa'),
                va=dict(type='VAHead'))))

    def forward(self, feats, samples):
        losses = self.head.loss((feats, ), samples)
        return sum(v for k, v in losses.items() if 'loss' in k)

model = DistributedDataParallel(Model())
optimizer = torch.optim.SGD(model.parameters(), lr=.1)
feats = torch.from_numpy(data['feats'])
for _ in range(3):  # an unused parameter would stop the second step
    optimizer.zero_grad()
    model(feats, [sample(i) for i in range(10)]).backward()
    optimizer.step()
total = sum(p.detach().double().sum() for p in model.parameters())
result['total'] = float(total)
result['moved'] = float(model.module.head.log_variances.grad.abs().min())
json.dump(result, open(path + f'/result{rank}.json', 'w'))
dist.destroy_process_group()
'''


def test_one_process_without_labels(tmp_path):
    """23 samples on two processes, padded to 24 or 12 and 11."""
    rng = np.random.default_rng(0)
    pred_va, gt_va = va_data(number=23)
    data = dict(
        scores=rng.dirichlet([1.] * 8, 23).astype(np.float32),
        pred_au=rng.random((23, 12)).astype(np.float32),
        gt_au=(rng.random((23, 12)) < .5).astype(np.float32),
        pred_va=pred_va, gt_va=gt_va,
        feats=rng.normal(size=(10, 4)).astype(np.float32))
    np.savez(tmp_path / 'data.npz', **data)
    run_processes(WORKER, tmp_path)
    results = [
        json.loads((tmp_path / f'result{rank}.json').read_text())
        for rank in range(2)
    ]
    # The first process has the even samples, the padded one is the first.
    even = slice(0, None, 2)
    want = VAMetric.calculate(pred_va[even].astype(np.float64),
                              gt_va[even].astype(np.float64))
    want = {f'va/{name}': value for name, value in want.items()}
    names = [f'unit{i}' for i in range(12)]
    units = AUMetric.calculate(data['pred_au'][even].astype(np.float64),
                               data['gt_au'][even], names)
    want.update({f'au/{name}': value for name, value in units.items()})
    for result in results:
        for round_up in ('True', 'False'):
            got = result[round_up]
            assert 0 < got.pop('multi_task/score') < 3
            assert got.pop('multi_task/au_f1') == pytest.approx(
                units['f1'] / 100)
            assert got.pop('multi_task/ccc') == pytest.approx(want['va/ccc'])
            assert 0 < got.pop('multi_task/expr_f1') < 1
            assert got == pytest.approx(want, abs=1e-6)
        assert result['moved'] > 0
    assert len(au_names('disfa')) == 12 and torch.tensor(
        results[0]['total']).isfinite()
    assert results[0]['total'] == results[1]['total']
