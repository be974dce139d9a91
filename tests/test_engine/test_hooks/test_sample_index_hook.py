# Copyright (c) mmfer contributors.
import copy

from mmengine.runner import Runner

from ...toys import make_ferplus, small_config


def test_indices_are_unique_over_a_concatenation(tmp_path):
    root = make_ferplus(tmp_path / 'data', per_class=2)
    make_ferplus(root, 'valid', per_class=1)
    cfg = small_config(root, tmp_path / 'run', epochs=1, num_workers=2)
    part = copy.deepcopy(cfg.train_dataloader.dataset)
    other = copy.deepcopy(part)
    other.split = 'valid'
    cfg.train_dataloader.dataset = dict(
        type='ConcatDataset', datasets=[part, other])
    seen = []
    runner = Runner.from_cfg(cfg)
    step = runner.model.train_step

    def record(data, optim_wrapper):
        seen.extend(s.sample_idx for s in data['data_samples'])
        return step(data, optim_wrapper)

    runner.model.train_step = record
    runner.train()
    assert sorted(seen) == list(range(16 + 8))
