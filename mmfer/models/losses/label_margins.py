# Copyright (c) mmfer contributors.
import torch


def label_margins(counts: torch.Tensor, max_margin: float) -> torch.Tensor:
    r"""Margins of classes, larger for rare ones.

    :math:`m_c \propto n_c^{-1/4}`, the rarest class has ``max_margin``, from
    `LDAM <https://arxiv.org/abs/1906.07413>`_; a class without samples 0.

    Args:
        counts (Tensor): Samples of each class, ``(C, )``.
        max_margin (float): In the unit of the logits.

    Returns:
        Tensor: ``(C, )``.

    Examples:
        >>> label_margins(torch.tensor([1600., 100.]), 0.5)
        tensor([0.2500, 0.5000])
    """
    margins = torch.where(counts > 0, counts**-0.25, 0.)
    return max_margin * margins / margins.max()


def with_margins(cls_score: torch.Tensor, label: torch.Tensor,
                 margins: torch.Tensor) -> torch.Tensor:
    """Logits ``(N, C)``, that of each sample's label ``(N, )`` less the
    margin of its class ``(C, )``."""
    return cls_score.scatter_add(1, label[:, None],
                                 -margins[label][:, None].to(cls_score.dtype))
