# Copyright (c) mmfer contributors.
"""Every method trains in two processes, and their weights stay equal."""
import pytest
import torch
from mmengine.config import Config
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from mmpretrain.registry import MODELS

from mmfer.apis.inference import face_size
from mmfer.apis.models import au_names_of
from mmfer.structures import FERDataSample
from ..processes import run_processes
from ..toys import CONFIGS, narrow_hybrid, picture_shape

# One config for each method, on drawn faces where there is one.
METHODS = [
    (sorted(folder.glob('*synthetic.py')) or sorted(folder.glob('*.py')))[0]
    for folder in sorted(CONFIGS.glob('[!_]*')) if folder.is_dir()
]
WORKER = '''
import sys
import torch.distributed as dist
from tests.test_models.test_methods_in_two_processes import METHODS, train
rank, folder = int(sys.argv[1]), sys.argv[2]
dist.init_process_group('gloo', init_method='file://' + folder + '/store',
                        rank=rank, world_size=2)
for path in METHODS:
    train(path, rank, folder)
dist.destroy_process_group()
'''


def train(path, rank, folder):
    """Two steps on faces of noise, other ones on each rank."""
    cfg = Config.fromfile(path)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = MODELS.build(dict(
            narrow_hybrid(cfg.model), data_preprocessor=cfg.data_preprocessor))
        wrapped = MMDistributedDataParallel(
            model, device_ids=None, broadcast_buffers=False,
            find_unused_parameters=cfg.get('find_unused_parameters', False))
        optim = build_optim_wrapper(wrapped, cfg.optim_wrapper)
    start = {key: p.detach().clone() for key, p in model.named_parameters()}
    clips = getattr(model.backbone, 'takes_clips', False)
    shape = picture_shape(model, 0 if clips else face_size(cfg, {})[0])
    torch.manual_seed(rank)
    for _ in range(2):
        wrapped.train_step(
            dict(inputs=torch.randint(0, 256, (4, *shape), dtype=torch.uint8),
                 data_samples=[sample(i, model) for i in range(4)]), optim)
    torch.save([start, dict(model.named_parameters())],
               f'{folder}/{path.stem}-{rank}.pt')


def sample(number, model):
    """A face with all labels that a method may want."""
    face = FERDataSample().set_gt_label(number % model.head.num_classes)
    face.set_gt_landmarks(64 * torch.rand(68, 2))
    face.set_gt_au((torch.rand(len(au_names_of(model))) > 0.5).float())
    face.set_gt_va(2 * torch.rand(2) - 1)
    return face


@pytest.mark.slow
def test_weights_stay_equal(tmp_path):
    assert len(METHODS) > 14
    run_processes(WORKER, tmp_path, timeout=1500)
    for path in METHODS:
        (start, first), (_, second) = (
            torch.load(tmp_path / f'{path.stem}-{rank}.pt', weights_only=True)
            for rank in range(2))
        assert all(torch.equal(first[key], second[key]) for key in first), path
        moved = sum(not torch.equal(start[key], first[key]) for key in first)
        assert moved > len(first) / 2, path
