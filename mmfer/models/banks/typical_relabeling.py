# Copyright (c) mmfer contributors.
from typing import List, Sequence

import torch

from mmfer.errors import ConfigError
from mmfer.registry import MODELS
from .relabeling import EpochRelabeling, Proposal, mean_belief


@MODELS.register_module()
class TypicalRelabeling(EpochRelabeling):
    r"""Change labels of samples that are typical of another class.

    A sample with the given label y, most believed to be of class k, is
    changed to k if it prefers k to y as clearly as a typical member of k:

    .. math::
        \log \frac{p_{ik}}{p_{iy}} \ge Q_q \left\{
            \log \frac{p_{jk}}{p_{jy}} : j \in A_k \right\}

    where :math:`p_i` is the mean belief in the classes over the epochs,
    :math:`A_k` are the samples with the given label k that are most believed
    to be of class k, and :math:`Q_q` is their q-quantile. A wrong label hides
    a sample that is like the members of its true class, so that about the
    fraction 1 - q of the wrong labels that the network sees through is
    changed; a hard sample divides its belief between y and k, which few
    members of k do.

    The thresholds belong to pairs of classes and adapt to the network: any
    power of all beliefs, sharper or flatter, gives the same changes. Our
    choice, after the class-conditional thresholds of `Confident Learning
    <https://arxiv.org/abs/1911.00068>`_, which are means of beliefs and
    compare p to one class at a time. A ``correction`` of
    :class:`LabelBank`.

    Args:
        outputs (Sequence[str]): Outputs of the head whose mean is the
            belief: ``'logits'`` of the classifier, ``'semantic_logits'`` of
            the branch of action units, ``'posterior'`` over the templates of
            a :class:`TemplateBank`. Defaults to ``('logits', )``.
        quantile (float): q, in [0, 1]. Larger values change fewer labels.
            Defaults to 0.5, the median.
        min_members (int): The smallest :math:`A_k` to compare with; no label
            is changed to a class with fewer. Defaults to 10.

    Raises:
        ConfigError: If an argument is outside its range.
    """

    hint = 'choose outputs that the head gives'

    def __init__(self,
                 outputs: Sequence[str] = ('logits', ),
                 quantile: float = 0.5,
                 min_members: int = 10) -> None:
        super().__init__()
        if not outputs:
            raise ConfigError('outputs must name at least one output')
        if not 0 <= quantile <= 1:
            raise ConfigError(f'quantile must be in [0, 1], got {quantile}')
        if min_members < 1:
            raise ConfigError('min_members must be at least 1, got '
                              f'{min_members}')
        self.outputs, self.quantile = tuple(outputs), quantile
        self.min_members = min_members

    @property
    def needed(self) -> List[str]:
        return list(self.outputs)

    def believe(self, outputs: dict) -> torch.Tensor:
        return mean_belief(outputs, self.outputs)

    # may wait: between epochs
    def __call__(self, beliefs: torch.Tensor, labels: torch.Tensor,
                 known: torch.Tensor) -> Proposal:
        odds = beliefs.clamp(min=torch.finfo(beliefs.dtype).tiny).log()
        score, best = beliefs.nan_to_num().max(1)
        thresholds = odds.new_full((odds.size(1), ) * 2, torch.inf)
        for k in range(odds.size(1)):
            members = odds[known & (labels == k) & (best == k)]
            if len(members) >= self.min_members:
                preference = (members[:, k:k + 1] - members).sort(0).values
                place = round(self.quantile * (len(members) - 1))
                thresholds[k] = preference[place]
        preference = (odds.gather(1, best[:, None]) -
                      odds.gather(1, labels[:, None])).squeeze(1)
        margin = preference - thresholds[best, labels]
        changed = known & (best != labels) & (margin >= 0)
        return Proposal(
            torch.where(changed, best, labels), score, margin, changed)
