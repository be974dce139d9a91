# Copyright (c) mmfer contributors.
from typing import Dict, Mapping

import torch


def inflate_2d(state: Mapping[str, torch.Tensor],
               wanted: Mapping[str, torch.Tensor]
               ) -> Dict[str, torch.Tensor]:
    """Weights of convolutions over pictures, for convolutions over clips.

    A weight of t frames is repeated in time and divided by t, so that a clip
    of equal frames gives what the frame gave, apart from the ends of the
    clip (`I3D <https://arxiv.org/abs/1705.07750>`_). All else is left as it
    is.

    Args:
        state (Mapping[str, Tensor]): Weights of the network for pictures;
            convolutions ``(out, in, h, w)``.
        wanted (Mapping[str, Tensor]): Those of the network for clips, of the
            same names; convolutions ``(out, in, t, h, w)``.

    Returns:
        dict[str, Tensor]: ``state`` in the shapes of ``wanted``.
    """
    inflated = {}
    for key, value in state.items():
        if key in wanted and wanted[key].ndim == 5 and value.ndim == 4:
            frames = wanted[key].size(2)
            value = value.unsqueeze(2).repeat(1, 1, frames, 1, 1) / frames
        inflated[key] = value
    return inflated
