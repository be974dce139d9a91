# Copyright (c) mmfer contributors.
import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from mmfer.datasets.samplers import PhasedSampler
from mmfer.engine.phased_ramp import PhasedRamp


class Labels:
    """A dataset that only knows its labels."""

    def __init__(self, counts):
        self.labels = np.repeat(np.arange(len(counts)), counts)

    def __len__(self):
        return len(self.labels)

    def get_gt_labels(self):
        return self.labels


@pytest.mark.parametrize('phase', [0., .3, 1.])
def test_class_frequencies(phase):
    counts = np.array([900, 90, 0, 10])
    dataset = Labels(counts)
    sampler = PhasedSampler(dataset, num_samples=20000, seed=1)
    sampler.set_phase(phase)
    want = phase * (counts > 0) / 3 + (1 - phase) * counts / 1000
    np.testing.assert_allclose(sampler.class_probabilities, want)
    drawn = np.bincount(dataset.labels[list(sampler)], minlength=4)
    assert drawn[2] == 0
    kept = counts > 0
    assert chisquare(drawn[kept], 20000 * want[kept]).pvalue > .01


def test_starts_natural():
    sampler = PhasedSampler(Labels([6, 2]), seed=0)
    assert sampler.class_probabilities.tolist() == [.75, .25]


def test_probabilities_of_the_release(shared):
    path = shared / 'golden/cri_ldam.pt'
    if not path.is_file():
        pytest.skip(f'needs the parity references {path}')
    golden = torch.load(path, weights_only=True)
    sampler = PhasedSampler(Labels(golden['counts']['cifar10_if100']), seed=0)
    ramp = PhasedRamp(begin=.15)
    for epoch, want in golden['pps_probs'].items():
        sampler.set_phase(ramp(epoch, 200))
        np.testing.assert_allclose(
            sampler.class_probabilities, want.numpy(), rtol=1e-6,
            err_msg=str(epoch))
