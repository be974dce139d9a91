# Copyright (c) mmfer contributors.
"""The alternatives that READMEs offer beside our choices work as written."""
import ast
import re
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmpretrain.registry import MODELS

from mmfer.structures import FERDataSample

CONFIGS = Path(__file__).parents[1] / 'configs'
BASES = dict(
    mtac='mtac/mtac_resnet18_1xb64_rafdb.py',
    uapl='uapl/uapl_resnet18_1xb64_rafdb.py',
    ulc_ag='ulc_ag/ulc-ag_resnet18_1xb64_rafdb.py')


def _value(text):
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def _options(cell):
    """The options of a cell; a leading dot stands for the parent's name."""
    found, parent = {}, ''
    for name, value in re.findall(r'`([\w.]+)=([^`\s]+)`', cell):
        if name.startswith('.'):
            name = parent + name
        parent = name.rpartition('.')[0]
        found[f'model.{name}'] = _value(value)
    return found


def _alternatives():
    """One case for each cell, and for each ``or`` in it."""
    for method in BASES:
        text = (CONFIGS / method / 'README.md').read_text()
        for line in text.splitlines():
            cells = [cell.strip() for cell in line.split(' | ')]
            if not line.startswith('|') or len(cells) != 3:
                continue
            for part in cells[2].split(' or '):
                if _options(part):
                    yield method, _options(part)


CASES = [
    pytest.param(*case, id=f'{case[0]}-{"-".join(case[1])}')
    for case in _alternatives()
]


def test_there_are_alternatives():
    methods = [case.values[0] for case in CASES]
    assert {name: methods.count(name) >= 4 for name in BASES} == dict.fromkeys(
        BASES, True)


def _samples(size, units):
    torch.manual_seed(1)
    for index in range(8):
        sample = FERDataSample().set_gt_label(index % 7)
        sample.set_gt_landmarks(size * torch.rand(68, 2))
        sample.set_gt_au(torch.randint(2, (units, )).float())
        sample.set_gt_va(2 * torch.rand(2) - 1)
        sample.set_field(index, 'sample_idx', field_type='metainfo')
        yield sample


@pytest.mark.parametrize('method, options', CASES)
def test_an_alternative_takes_a_training_step(method, options):
    cfg = Config.fromfile(CONFIGS / BASES[method])
    before = repr(cfg.model)
    cfg.merge_from_dict(options)
    assert repr(cfg.model) != before
    init_default_scope(cfg.default_scope)
    torch.manual_seed(0)
    model = MODELS.build(
        dict(cfg.model, data_preprocessor=cfg.data_preprocessor))
    labels = torch.arange(8) % 7
    if 'label_bank' in cfg.model:
        model.label_bank.initialise(labels)
    if method == 'uapl':
        model.head.bank.initialise(8)
        model.head.bank.set_neighbors(
            (torch.arange(8)[:, None] + torch.arange(1, 4)) % 8,
            torch.rand(8, 3), torch.zeros(32))
        if cfg.model.head.get('trust', 'sample') == 'sample':
            model.head.trust.initialise(8)
    wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    weights = [p.detach().clone() for p in model.head.parameters()]
    for _ in range(2):  # templates and neighbours are there in the second
        losses = model.train_step(
            dict(inputs=torch.randint(0, 256, (8, 3, 64, 64),
                                      dtype=torch.uint8),
                 data_samples=list(_samples(64, 16))), wrapper)
        assert torch.isfinite(losses['loss'])
        for part in (getattr(model, 'label_bank', None),
                     *(m for m in model.modules()
                       if type(m).__name__ == 'TemplateBank')):
            if part is not None:
                part.commit()
    assert any(not torch.equal(old, new) for old, new in zip(
        weights, model.head.parameters()))
