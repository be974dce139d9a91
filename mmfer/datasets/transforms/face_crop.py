# Copyright (c) mmfer contributors.
import numpy as np

from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS
from .geometric_transform import (COLOUR_TYPE, SIZE_TYPE, GeometricTransform,
                                  Move, to_size)


@TRANSFORMS.register_module()
class FaceCrop(GeometricTransform):
    """Cut a window out of a face image.

    See :class:`GeometricTransform` for the keys.

    Args:
        size (int or Sequence[int]): Side of the square, or height and width.
        mode (str): ``'random'``: anywhere in the padded image, or
            ``'center'``. Defaults to ``'random'``.
        padding (int): How many pixels to add on every side before cutting.
            Defaults to 0.
        fill (int or Sequence[int]): See :class:`GeometricTransform`.
            Defaults to 0.

    Raises:
        ValueError: If an argument is out of range, or a padded image is
            smaller than ``size``.
    """

    def __init__(self,
                 size: SIZE_TYPE,
                 mode: str = 'random',
                 padding: int = 0,
                 fill: COLOUR_TYPE = 0) -> None:
        super().__init__(fill)
        self.size = to_size(size)
        if mode not in ('random', 'center'):
            raise ValueError("mode must be 'random' or 'center', got "
                             f'{mode!r}')
        if type(padding) is not int or not 0 <= padding < min(self.size):
            raise ValueError('padding must be an integer >= 0 that is smaller '
                             f'than size, got {padding!r}')
        self.mode, self.padding = mode, padding

    def get_move(self, results: dict) -> Move:
        """See :meth:`GeometricTransform.get_move`."""
        old = results['img'].shape[:2]
        room = [o + 2 * self.padding - n for o, n in zip(old, self.size)]
        if min(room) < 0:
            raise ConfigError(
                f"{results.get('img_path')}: a window of {self.size} "
                f'(height, width) does not fit into an image of {old} with '
                f'padding {self.padding}',
                hint='put FaceResize or FacePad before FaceCrop')
        if self.mode == 'center':
            top, left = (n // 2 for n in room)
        else:
            top, left = (np.random.randint(n + 1) for n in room)
        matrix = np.array([[1., 0., self.padding - left],
                           [0., 1., self.padding - top]])
        return Move(matrix, self.size)

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(size={self.size}, '
                f'mode={self.mode!r}, padding={self.padding}, '
                f'fill={self.fill})')
