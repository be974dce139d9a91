# Copyright (c) mmfer contributors.
import os
import os.path as osp
from typing import Any, Dict

import cv2

from mmfer.datasets import SyntheticFER


def draw_faces(folder: str, number: int, size: int) -> Dict[str, Any]:
    """Write drawn faces as JPEG files, one folder a class.

    Args:
        folder (str): Where to.
        number (int): How many.
        size (int): Their height and width in pixels.

    Returns:
        dict: The config of their dataset.

    Raises:
        OSError: If a file cannot be written.
    """
    faces = SyntheticFER(size=number, split='train', image_size=size,
                         pipeline=[dict(type='DrawSyntheticFace')])
    names = faces.label_space.classes
    for name in names:
        os.makedirs(osp.join(folder, name))
    for index in range(number):
        face = faces[index]
        path = osp.join(folder, names[face['gt_label']], f'{index:06d}.jpg')
        if not cv2.imwrite(path, face['img']):
            raise OSError(f'{path}: cannot be written')
    return dict(type='FERFolder', data_root=folder, split='all')
