# Copyright (c) mmfer contributors.
import pytest
import torch

from mmfer.models.heads import DeepSupervisionHead
from mmfer.models.necks import StreamFusion
from mmfer.structures import FERDataSample


@pytest.mark.parametrize('per_feature', [True, False])
def test_fusion_equals_a_loop(per_feature):
    torch.manual_seed(0)
    neck = StreamFusion((3, 4, 5), 6, per_feature)
    feats = (torch.randn(2, 3), torch.randn(2, 4, 2, 2), torch.randn(2, 5))
    *given, fused = neck(feats)
    assert all(a is b for a, b in zip(given, feats))
    pooled = [feats[0], feats[1].mean((2, 3)), feats[2]]
    for n in range(2):
        values = [p(x[n]) for p, x in zip(neck.projections, pooled)]
        powers = [torch.exp(torch.tanh(s(x[n])))
                  for s, x in zip(neck.scores, pooled)]
        assert powers[0].shape == (6 if per_feature else 1, )
        want = sum(p * v for p, v in zip(powers, values)) / sum(powers)
        torch.testing.assert_close(fused[n], want)


def test_each_stream_is_supervised():
    torch.manual_seed(0)
    head = DeepSupervisionHead(5, in_channels=6, aux_channels=(3, 4),
                               aux_weight=.2)
    feats = (torch.randn(4, 3), torch.randn(4, 4), torch.randn(4, 6))
    labels = torch.tensor([0, 4, 2, 2])
    samples = [FERDataSample().set_gt_label(i) for i in labels.tolist()]
    losses = head.loss(feats, samples)
    entropy = torch.nn.functional.cross_entropy
    torch.testing.assert_close(losses['loss_cls'],
                               entropy(head.fc(feats[2]), labels))
    torch.testing.assert_close(losses['loss_aux'], .2 * sum(
        entropy(fc(x), labels) for fc, x in zip(head.aux_fcs, feats)))
    assert torch.equal(head(feats), head.fc(feats[2]))


def test_bad_number_of_features():
    with pytest.raises(ValueError, match='made for 2 features, got 1'):
        StreamFusion((3, 4))((torch.zeros(2, 3), ))
