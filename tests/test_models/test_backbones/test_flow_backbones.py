# Copyright (c) mmfer contributors.
import pytest
import torch
import torch.nn.functional as F
from mmpretrain.registry import MODELS

import mmfer  # noqa: F401
from mmfer.structures import FERDataSample


def _classifier(backbone, head):
    torch.manual_seed(0)
    return MODELS.build(dict(
        type='FERClassifier', backbone=backbone,
        head=dict(num_classes=3, **head),
        data_preprocessor=dict(type='FERDataPreprocessor')))


STSTNET = _classifier, dict(type='STSTNet'), dict(
    type='LinearClsHead', in_channels=400)
OFF_APEX = _classifier, dict(type='OffApexNet', channels=16), dict(
    type='LinearClsHead', in_channels=16)
RCN_A = _classifier, dict(type='RecurrentConvNet', channels=8), dict(
    type='ClassEvidenceHead', in_channels=8)


@pytest.mark.parametrize('make, backbone, head', [STSTNET, OFF_APEX, RCN_A],
                         ids=['ststnet', 'off-apexnet', 'rcn-a'])
def test_they_learn_a_batch_by_heart(make, backbone, head):
    model = make(backbone, head)
    images, labels = torch.randn(12, 3, 28, 28), torch.arange(12) % 3
    samples = [FERDataSample().set_gt_label(int(i)) for i in labels]
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = sum(model(images, samples, mode='loss').values())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert all(p.grad is not None for p in model.parameters())
    model.eval()
    assert losses[-1] < losses[0]
    assert (model(images).argmax(1) == labels).float().mean() > 0.9


def test_ststnet_size():
    model = _classifier(*STSTNET[1:])
    assert sum(p.numel() for p in model.parameters()) == 1683


def test_off_apex_net_looks_at_both_components_alone():
    net = _classifier(*OFF_APEX[1:]).eval().backbone
    x = torch.randn(2, 3, 28, 28)
    before, = net(x)
    for channel, changes in enumerate((True, True, False)):
        other = x.clone()
        other[:, channel] += 1
        assert torch.allclose(net(other)[0], before) != changes


def test_class_attention_by_loops():
    head = _classifier(*RCN_A[1:]).head
    early, late = torch.randn(2, 8, 10, 10), torch.randn(2, 8, 5, 5)
    pooled = F.avg_pool2d(early, 2)
    expected = torch.zeros(2, 5, 5)
    for n in range(2):
        for weight in head.fc.weight.detach().view(3, 8, 5, 5):
            evidence = (weight * pooled[n]).mean(0)
            evidence = evidence - evidence.min()
            expected[n] += evidence / evidence.max() / 3
    torch.testing.assert_close(head.gates(pooled)[:, 0], expected,
                               atol=1e-3, rtol=1e-3)
    logits = head((early, late))
    gated = late * expected[:, None]
    torch.testing.assert_close(logits, head.fc(gated.flatten(1)), atol=1e-3,
                               rtol=1e-3)


def test_bad_off_apex_net_size():
    with pytest.raises(ValueError, match='multiple of 4'):
        MODELS.build(dict(type='OffApexNet', size=30))
