# Copyright (c) mmfer contributors.
import torch

from mmfer.errors import ConfigError
from mmfer.registry import MODELS
from .fer_data_preprocessor import FERDataPreprocessor


@MODELS.register_module()
class ClipDataPreprocessor(FERDataPreprocessor):
    """From a collated batch of clips to what a video classifier takes.

    Inputs of shape ``(N, C, T, H, W)``, uint8 or float32, come out as float32
    of that shape; the normalisation is that of each frame. Pictures
    ``(N, C, H, W)`` pass as in :class:`FERDataPreprocessor`; several views of
    a picture do not.

    Args:
        **kwargs: Arguments of :class:`FERDataPreprocessor`. A flow (u, v,
            strain) in pixels wants ``to_rgb=False`` and a mean and standard
            deviation of its own.
    """

    # may wait: a batch of several sizes is refused
    def _normalize(self, inputs: torch.Tensor) -> torch.Tensor:
        if not isinstance(inputs, torch.Tensor):
            raise ConfigError(
                'clips of several sizes, '
                f'{sorted({tuple(clip.shape) for clip in inputs})}, cannot '
                'be one batch',
                hint='end the pipeline with one size and one number of '
                'frames')
        if inputs.ndim == 4:
            return super()._normalize(inputs)
        frames = super()._normalize(inputs.transpose(1, 2))
        return frames.transpose(1, 2).contiguous()
