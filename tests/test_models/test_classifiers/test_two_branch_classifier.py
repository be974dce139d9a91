# Copyright (c) mmfer contributors.
"""Two networks, two views: losses by hand, options, training, resuming."""
import shutil

import pytest
import torch
import torch.nn.functional as F
from mmengine.optim import build_optim_wrapper
from mmengine.runner import CheckpointLoader, Runner
from mmpretrain.registry import MODELS

import mmfer  # noqa: F401
from mmfer.structures import FERDataSample
from ...processes import run_processes
from ...toys import make_ferplus, small_config

CNN = dict(type='ResNet_CIFAR', depth=18, base_channels=8, out_indices=(3, ))
CONVNEXT = dict(
    type='ConvNeXt',
    arch=dict(depths=[1, 1, 1, 1], channels=[8, 16, 32, 64]),
    gap_before_final_norm=False)
HEAD = dict(type='ClassAttentionHead', num_classes=7, in_channels=64)
ATTENTION = dict(type='AttentionConsistencyLoss', mirrored=False,
                 normalization='l2', loss_weight=1.)
SOFT_LABEL = dict(type='SoftLabelAlignmentLoss')
CUTMIX = [dict(type='BatchCutMix', alpha=1.)]
STRONG = [dict(type='BatchAffine', rotate=15), *CUTMIX]
LOSSES = {'loss_cls', 'loss_cls_branch', 'loss_attention', 'loss_soft_label'}


def _build(second_view=CUTMIX, **options):
    torch.manual_seed(0)
    settings = dict(
        type='TwoBranchClassifier', backbone=CNN, head=HEAD,
        attention=ATTENTION, soft_label=SOFT_LABEL,
        data_preprocessor=dict(
            type='FERDataPreprocessor', second_view=second_view))
    return MODELS.build({**settings, **options})


def _batch(number=6):
    torch.manual_seed(1)
    samples = [FERDataSample().set_gt_label(i % 7) for i in range(number)]
    for i, sample in enumerate(samples):
        sample.set_field(i, 'sample_idx', field_type='metainfo')
    inputs = torch.randint(0, 256, (number, 3, 32, 32), dtype=torch.uint8)
    return dict(inputs=inputs, data_samples=samples)


def _losses(model, batch=None):
    batch = batch or _batch()
    torch.manual_seed(2)
    data = model.data_preprocessor(batch, training=True)
    return model(**data, mode='loss'), data


def _own_pixels(record, i):
    """1 where a picture shows the sample itself, ``(32, 32)``."""
    mask = torch.ones(32, 32)
    top, left, bottom, right = record['mix_window'][i].int().tolist()
    mask[top:bottom, left:right] = 0
    return mask


def test_losses_by_hand():
    model = _build().eval()
    losses, data = _losses(model)
    record = data['data_samples'].records['second_view'].records
    first, second = data['inputs'].unbind(1)
    feats, others = model.extract_feat(first), model.branch.extract_feat(
        second)
    logits, branch = model.head(feats), model.branch.head(others)
    weight = [m.head.fc.weight for m in (model, model.branch)]
    maps = torch.einsum('kd,ndhw->nkhw', weight[0], feats[-1])
    branch_maps = torch.einsum('kd,ndhw->nkhw', weight[1], others[-1])
    labels = torch.arange(6)
    branch_cls = attention = soft_label = 0.
    scores, branch_scores = logits.softmax(1), branch.softmax(1)
    for i, k in enumerate(record['mix_index'].tolist()):
        mask = _own_pixels(record, i)
        own = float(mask.mean())
        target = torch.zeros(7)
        target[labels[i]] += own
        target[labels[k]] += 1 - own
        branch_cls -= (target * branch_scores[i].log()).sum() / 6
        coarse = F.avg_pool2d(mask[None], 8)
        mixed = coarse * maps[i] + (1 - coarse) * maps[k]
        for one, other in zip(mixed, branch_maps[i]):
            gap = one / one.norm() - other / other.norm()
            attention += gap.square().sum() / 42
        mean = own * scores[i] + (1 - own) * scores[k]
        for teacher, learner in ((mean, branch_scores[i]),
                                 (branch_scores[i], mean)):
            soft = teacher.sqrt() / teacher.sqrt().sum()
            q = .5 * target + .5 * soft
            soft_label += .5 * (q * (q / learner).log()).sum() / 6
    want = dict(loss_cls=F.cross_entropy(logits, labels),
                loss_cls_branch=branch_cls, loss_attention=attention,
                loss_soft_label=soft_label)
    assert set(losses) == LOSSES
    for name, value in want.items():
        torch.testing.assert_close(losses[name], value, msg=name)


def test_a_view_that_is_not_mixed_trains_two_plain_networks():
    model = _build([dict(type='BatchCutMix', alpha=1., prob=0.)]).eval()
    losses, data = _losses(model)
    first, second = data['inputs'].unbind(1)
    assert torch.equal(first, second)
    labels = torch.arange(6)
    for name, network in (('loss_cls', model),
                          ('loss_cls_branch', model.branch)):
        torch.testing.assert_close(
            losses[name], F.cross_entropy(network(first), labels))
    # The same networks then have nothing to tell each other.
    assert losses['loss_attention'] > .01
    model.branch.load_state_dict({
        key: value for key, value in model.state_dict().items()
        if not key.startswith('branch.')})
    model.soft_label.label_share = 0.
    model.soft_label.temperature = 1.
    losses, _ = _losses(model)
    assert float(losses['loss_attention']) == pytest.approx(0, abs=1e-6)
    assert float(losses['loss_soft_label']) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize('stop, learns', [
    (None, (True, True)), ('first', (False, True)), ('second', (True, False))])
def test_gradients_of_the_attention(stop, learns):
    model = _build(attention=dict(ATTENTION, stop_gradient=stop))
    _losses(model)[0]['loss_attention'].backward()
    for network, expected in zip((model, model.branch), learns):
        grad = network.backbone.conv1.weight.grad
        assert (grad is not None and bool(grad.any())) == expected
        assert network.head.fc.weight.grad is None


def test_what_the_first_view_does_not_show_is_left_out():
    """A network that sees brightness, in a face that moves far out."""
    model = _build([dict(type='BatchAffine', shift=(.5, .5), fill=255)])
    seen = {}
    model.attention.register_forward_hook(
        lambda m, args, out: seen.update(maps=args))
    _losses(model)
    for maps in seen['maps']:
        hidden = torch.cat([maps[..., :2, :], maps[..., 2:, :2].mT], -1)
        assert hidden.abs().max() < 1e-5 < maps[..., 2:, 2:].abs().min()


@pytest.mark.parametrize('options', [
    dict(backbone=CNN), dict(backbone=CONVNEXT),
    dict(attention=None, branch=dict(backbone=CONVNEXT, head=dict(
        loss=dict(type='LabelSmoothLoss', label_smooth_val=.1)))),
    dict(shared=('conv1', 'layer1.0'))
], ids=['cnn', 'convnext', 'mixed', 'shared'])
def test_trains_with_any_backbone(options):
    """Three steps on one batch change every parameter."""
    model = _build(STRONG, **options)
    model.init_weights()
    optim = build_optim_wrapper(
        model, dict(optimizer=dict(type='Adam', lr=3e-3)))
    before = {k: p.detach().clone() for k, p in model.named_parameters()}
    logs = [model.train_step(_batch(), optim) for _ in range(3)]
    assert all(torch.isfinite(log['loss']) for log in logs)
    assert not [key for key, parameter in model.named_parameters()
                if torch.equal(before[key], parameter)]


def test_shared_parts_are_one():
    apart, model = _build(), _build(shared=('conv1', 'layer1.0'))
    stem = model.backbone.conv1, model.backbone.layer1[0]
    assert model.branch.backbone.conv1 is stem[0]
    assert model.branch.backbone.layer1[0] is stem[1]
    assert model.branch.backbone.layer1[1] is not model.backbone.layer1[1]
    count = [sum(p.numel() for p in m.parameters()) for m in (apart, model)]
    assert count[0] - count[1] == sum(
        p.numel() for part in stem for p in part.parameters())
    state = model.state_dict()
    other = _build(shared=('conv1', 'layer1.0'))
    other.load_state_dict({k: v + 1 for k, v in state.items()})
    assert torch.equal(other.branch.backbone.conv1.weight,
                       state['backbone.conv1.weight'] + 1)


def test_testing_takes_the_first_network_alone():
    model, images = _build().eval(), torch.randn(3, 3, 32, 32)
    logits = model(images)
    torch.nn.init.zeros_(model.branch.head.fc.weight)
    assert torch.equal(model(images), logits)
    for sample, row in zip(model(images, mode='predict'), logits.softmax(1)):
        torch.testing.assert_close(sample.pred_score, row)


@pytest.mark.parametrize('flip', [False, True])
def test_testing_with_both_networks(flip):
    model = _build(average_branches=True, flip_test=flip).eval()
    images = torch.randn(3, 3, 32, 32)
    looks = [images, images.flip(-1)] if flip else [images]
    want = torch.stack([
        network.head(network.extract_feat(look)).softmax(1)
        for network in (model, model.branch) for look in looks]).mean(0)
    for sample, row in zip(model(images, mode='predict'), want):
        torch.testing.assert_close(sample.pred_score, row)
        assert sample.pred_label.tolist() == [row.argmax()]
    if not flip:
        torch.testing.assert_close(model(images).softmax(1), want)


def test_changed_labels_reach_both_networks():
    bank = dict(type='LabelBank', num_classes=7)
    believed, batch = torch.tensor([3, 1, 0, 6, 6, 2]), _batch()
    model, plain = _build(label_bank=bank).eval(), _build().eval()
    model.label_bank.initialise(range(6))
    model.label_bank.label.copy_(believed)
    for sample, label in zip(batch['data_samples'], believed.tolist()):
        sample.set_gt_label(label)
    losses, _ = _losses(model)
    want, _ = _losses(plain, batch)
    given, _ = _losses(plain)
    for name in LOSSES:
        torch.testing.assert_close(losses[name], want[name])
    for name in LOSSES - {'loss_attention'}:
        assert not torch.isclose(losses[name], given[name])


def test_mirror_as_second_view():
    attention = dict(type='AttentionConsistencyLoss')
    model = _build((), attention=attention, mirror_view=True).eval()
    losses, data = _losses(model)
    images = data['inputs']
    first, second = (
        network.head.attention(network.extract_feat(view))
        for network, view in ((model, images),
                              (model.branch, images.flip(-1))))
    torch.testing.assert_close(
        losses['loss_attention'],
        5 * (first - second.flip(-1)).square().mean())


def test_losses_stay_in_float32_under_autocast():
    model = _build(STRONG)
    with torch.autocast('cpu', torch.bfloat16):
        losses, _ = _losses(model)
    for loss in losses.values():
        assert loss.dtype == torch.float32 and torch.isfinite(loss)


def test_a_resumed_run_ends_with_the_same_weights(tmp_path):
    """Also with a turn between the steps, of which an epoch has three."""
    root = make_ferplus(tmp_path / 'data', per_class=3)
    make_ferplus(root, 'valid', per_class=1)

    def config(name):
        cfg = small_config(
            root, tmp_path / name, data_preprocessor__second_view=STRONG)
        cfg.model = dict(
            type='TwoBranchClassifier', backbone=CNN,
            head=dict(HEAD, num_classes=8, loss=dict(
                type='CrossEntropyLoss', use_soft=True)),
            attention=dict(ATTENTION, stop_gradient='in_turn'),
            soft_label=SOFT_LABEL)
        cfg.custom_hooks.append(dict(type='LossRampHook', length=2))
        cfg.init_weights = 'random'
        return cfg

    Runner.from_cfg(config('whole')).train()
    shutil.copytree(tmp_path / 'whole', tmp_path / 'cut')
    (tmp_path / 'cut/epoch_2.pth').unlink()
    (tmp_path / 'cut/last_checkpoint').write_text(
        str(tmp_path / 'cut/epoch_1.pth'))
    resumed = config('cut')
    resumed.resume = True
    Runner.from_cfg(resumed).train()
    whole, again = (
        CheckpointLoader.load_checkpoint(
            str(tmp_path / name / 'epoch_2.pth'), 'cpu')['state_dict']
        for name in ('whole', 'cut'))
    assert whole['attention.turn'] == 1
    assert whole.keys() == again.keys()
    for key, value in whole.items():
        assert torch.equal(value, again[key]), key


WORKER = '''
import sys
import torch, torch.distributed as dist
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import build_optim_wrapper
rank, folder = int(sys.argv[1]), sys.argv[2]
dist.init_process_group('gloo', init_method='file://' + folder + '/store',
                        rank=rank, world_size=2)
from tests.test_models.test_classifiers import test_two_branch_classifier as t
model = t._build(t.STRONG, shared=('conv1', ),
                 attention=dict(t.ATTENTION, stop_gradient='in_turn'))
wrapped = MMDistributedDataParallel(model, device_ids=None)
optim = build_optim_wrapper(wrapped, dict(optimizer=dict(type='SGD', lr=.1)))
for step in range(3):
    batch = t._batch(4)
    torch.manual_seed(10 * step + rank)
    wrapped.train_step(batch, optim)
torch.save(dict(model.named_parameters(), turn=model.attention.turn),
           f'{folder}/rank{rank}.pt')
dist.destroy_process_group()
'''


def test_two_processes_stay_equal(tmp_path):
    """Each mixes its own samples; the weights are those of both."""
    run_processes(WORKER, tmp_path)
    first, second = (
        torch.load(tmp_path / f'rank{rank}.pt', weights_only=True)
        for rank in range(2))
    assert first['turn'] == 0
    for name, value in first.items():
        assert torch.equal(value, second[name]), name
    fresh = dict(_build(shared=('conv1', )).named_parameters())
    assert not [k for k, v in fresh.items() if torch.equal(v, first[k])]


# Bad input


BAD = dict(
    head=(dict(head=dict(type='LinearClsHead', num_classes=7,
                         in_channels=64)), TypeError, 'no head of one'),
    views=(dict(head=dict(HEAD, type='AttentionConsistencyHead')),
           TypeError, 'no head of one'),
    maps=(dict(head=dict(HEAD, type='ImportanceHead')), ValueError,
          'no attention maps'),
    gates=(dict(head=dict(HEAD, type='ClassEvidenceHead')), ValueError,
           'no attention maps'),
    mirror=(dict(mirror_view=True), ValueError, 'place of the second_view'),
    mirrored=(dict(attention=dict(type='AttentionConsistencyLoss')),
              ValueError, 'Hint: set mirrored=False'),
    branch=(dict(branch=dict(stem=dict())), ValueError, "changes .'stem'."),
    shared=(dict(shared=('layer9', )), ValueError, "cannot share 'layer9'"),
    landmarks=(dict(neck=dict(type='PatchAttention', in_channels=64,
                              patches='landmark24')),
               ValueError, 'no landmarks'),
    points=(dict(backbone=dict(type='LandmarkMLP', channels=(32, ))),
            ValueError, 'no landmarks'))


@pytest.mark.parametrize('case', BAD)
def test_bad_parts(case):
    options, error, message = BAD[case]
    with pytest.raises(error, match=message):
        _build(**options)


def test_a_head_that_mixes_features_has_logits_of_single_samples():
    head = dict(type='UncertaintyMixingHead', num_classes=7, in_channels=64,
                feat_size=4)
    losses, _ = _losses(_build(head=head, attention=None, branch=dict()))
    assert torch.isfinite(losses['loss_soft_label'])


def test_bad_without_a_second_view():
    model = _build(())
    with pytest.raises(ValueError, match='takes 2 view.*second_view'):
        _losses(model)
