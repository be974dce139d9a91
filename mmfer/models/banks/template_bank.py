# Copyright (c) mmfer contributors.
from typing import Any, Dict, Optional

import torch
from mmengine.dist import all_reduce
from torch import nn
from torch.nn.functional import normalize

from mmfer.registry import MODELS
from .confidence_bins import confidence_bins, top_parts


@MODELS.register_module()
class TemplateBank(nn.Module):
    r"""What the samples of each class look like, in feature space.

    A template is the mean direction of trusted features of a class, seen from
    the centre :math:`\bar g` of all classes. Each epoch contributes

    .. math::
        t_c = \mathrm{mean}_{i \in Q_c} \frac{g_i - \bar g}
            {\|g_i - \bar g\|}

    where :math:`Q_c` are the samples with the label c, a predicted class c
    and a confidence among the highest ``ratio`` of all samples with the label
    c. The centre is the mean over the classes of the class means, so that
    frequent classes do not draw it. Templates (of length 1) and class means
    are averaged over the epochs. A class that no sample qualifies for keeps
    its template; before its first one, the direction of its class mean stands
    in. All of this is our choice.

    What a step sees is added up on the device, without waiting for it, in
    ``num_bins`` bins of confidence for each class: memory for
    :math:`C \times bins \times D` numbers whatever the size of the training
    set, and yet the quantile is that of this very epoch. Samples within the
    bin in which the quantile lies count in equal part, such that the parts
    add up to ``ratio``. :class:`~mmfer.engine.hooks.TemplateHook` brings the
    sums of all ranks together at the end of each epoch. The sums are not part
    of checkpoints; the templates are. Nothing here has a gradient.

    Args:
        num_classes (int): Number of classes C.
        in_channels (int): Length D of a feature.
        ratio (float): Which part of each class is trusted, in (0, 1].
            Defaults to 0.7.
        momentum (float): How much of an average stays when an epoch is added,
            in [0, 1). Defaults to 0.9.
        debias (bool): Whether the first epochs weigh no more than they will
            in the long run, as in Adam; otherwise the first value starts the
            average, and still makes up 39 % of it after ten epochs. Defaults
            to True.
        temperature (float): Of :meth:`posterior`. Defaults to 0.1.
        num_bins (int): Bins of confidence, equal in log-odds from -8 to 8.
            Defaults to 256.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 ratio: float = 0.7,
                 momentum: float = 0.9,
                 debias: bool = True,
                 temperature: float = 0.1,
                 num_bins: int = 256) -> None:
        super().__init__()
        if num_classes < 2 or in_channels < 1 or num_bins < 1:
            raise ValueError(
                'num_classes must be at least 2, in_channels and num_bins '
                f'positive, got {num_classes}, {in_channels} and {num_bins}')
        if not 0 < ratio <= 1:
            raise ValueError(f'ratio must lie in (0, 1], got {ratio}')
        if not 0 <= momentum < 1:
            raise ValueError(f'momentum must lie in [0, 1), got {momentum}')
        if not temperature > 0:
            raise ValueError(
                f'temperature must be positive, got {temperature}')
        self.num_classes, self.num_bins = num_classes, num_bins
        self.ratio, self.momentum, self.debias = ratio, momentum, debias
        self.temperature = temperature
        table = torch.zeros(num_classes, in_channels)
        self.register_buffer('center', torch.zeros(in_channels))
        for name in ('templates', 'means'):
            self.register_buffer(name, table.clone())
            self.register_buffer(f'{name}_updates', torch.zeros(num_classes))
        # Sums of the epoch; the last row is for samples without a label.
        cells = num_classes * num_bins + 1
        for name, shape in (('counts', (cells, )),
                            ('directions', (cells, in_channels)),
                            ('features', (num_classes + 1, in_channels))):
            self.register_buffer(name, torch.zeros(shape), persistent=False)

    # may wait: before training
    @property
    def empty(self) -> bool:
        """Whether no epoch has been added yet."""
        return not self.means_updates.any()

    # may wait: before training
    def initialise(self) -> None:
        """Forget everything."""
        for buffer in self.buffers():
            buffer.zero_()

    # ------------------------------------------------- in every training step
    @torch.no_grad()
    def observe(self,
                features: torch.Tensor,
                labels: torch.Tensor,
                predictions: torch.Tensor,
                confidence: Optional[torch.Tensor] = None) -> None:
        """Note the samples of a batch; not in evaluation mode.

        Args:
            features (Tensor): ``(N, D)``.
            labels (Tensor): Current labels, int64 ``(N, )``; -1 is unknown,
                and its sample counts nowhere.
            predictions (Tensor): The classes predicted from these features,
                int64 ``(N, )``.
            confidence (Tensor, optional): In [0, 1], ``(N, )``. Defaults to
                None, all equal.
        """
        if not self.training:
            return
        features = features.float()
        if confidence is None:
            confidence = torch.ones_like(features[:, 0])
        row = torch.where(labels < 0, self.num_classes, labels)
        cell = row * self.num_bins + torch.where(
            labels < 0, 0, confidence_bins(confidence, self.num_bins))
        agree = (predictions == labels).float()
        direction = normalize(features - self.center) * agree[:, None]
        self.counts.index_add_(0, cell, torch.ones_like(agree))
        self.directions.index_add_(0, cell, direction)
        self.features.index_add_(0, row, features)

    @torch.no_grad()
    def posterior(self, features: torch.Tensor) -> torch.Tensor:
        r"""How the features are divided among the templates.

        :math:`\mathrm{softmax}_k(\cos(g - \bar g, t_k) / T)`; uniform before
        the first epoch is over. A class of which no sample was ever seen gets
        0.

        Args:
            features (Tensor): ``(N, D)``.

        Returns:
            Tensor: float32 ``(N, C)``, rows of sum 1.
        """
        direction = normalize(features.float() - self.center)
        similarity = direction @ normalize(self.templates).T
        similarity = similarity.masked_fill(self.means_updates == 0, -1e4)
        return (similarity / self.temperature).softmax(1)

    # ----------------------------------------------- at the end of the epoch
    # may wait: between epochs
    @torch.no_grad()
    def commit(self) -> torch.Tensor:
        """Bring all ranks together and add the epoch to the averages.

        All ranks must call it. Directions seen before there was a centre,
        in the first epoch, do not count.

        Returns:
            Tensor: Which classes had qualifying samples, bool ``(C, )``.
        """
        sums = [self.counts, self.directions, self.features]
        for buffer in sums:
            all_reduce(buffer, 'sum')
        counts = self.counts[:-1].view(self.num_classes, -1)
        directions = self.directions[:-1].view(*counts.shape, -1)
        number = counts.sum(1, keepdim=True)
        parts = top_parts(counts, self.ratio)
        total = (parts[..., None] * directions).sum(1)
        found = (total.norm(dim=1) > 0) & (not self.empty)
        self._average('templates', normalize(total), found)
        self._average('means', self.features[:-1] / number.clamp(min=1),
                      number.squeeze(1) > 0)
        seen = (self.means_updates > 0).float()[:, None]
        self.center.copy_((seen * self.means).sum(0) / seen.sum().clamp(min=1))
        first = seen * normalize(self.means - self.center)
        self.templates.copy_(
            torch.where(self.templates_updates[:, None] > 0, self.templates,
                        first))
        for buffer in sums:
            buffer.zero_()
        return found

    def _average(self, name: str, fresh: torch.Tensor,
                 mask: torch.Tensor) -> None:
        """Add an epoch to an average over epochs, for some classes."""
        average, updates = getattr(self, name), getattr(self,
                                                        f'{name}_updates')
        decay = self.momentum**updates
        stay = self.momentum * (updates > 0)
        if self.debias:
            stay = stay * (1 - decay) / (1 - self.momentum * decay)
        stay = stay[:, None]
        average.copy_(
            torch.where(mask[:, None], stay * average + (1 - stay) * fresh,
                        average))
        updates.add_(mask)

    def _load_from_state_dict(self, state_dict: Dict[str, Any], prefix: str,
                              *args: Any) -> None:
        """Leave the bank as it is where the checkpoint has none.

        A bank is no weight; the hook refuses to resume without one.
        """
        if prefix + 'templates' in state_dict:
            super()._load_from_state_dict(state_dict, prefix, *args)
            for name in ('counts', 'directions', 'features'):
                getattr(self, name).zero_()
