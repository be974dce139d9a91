# Copyright (c) mmfer contributors.
import cv2
import numpy as np

from .expressions import CLASSES
from .renderer import render_face
from .sampling import sample_faces


def contact_sheet(seed: int = 0, columns: int = 8, image_size: int = 112,
                  ambiguity: float = 0., occlusion: float = 0.,
                  split: str = 'train') -> np.ndarray:
    """A picture with one row of faces for each expression.

    Args:
        seed (int): The seed of the faces. Defaults to 0.
        columns (int): Faces in a row. Defaults to 8.
        image_size (int): Height and width of each face. Defaults to 112.
        ambiguity (float): The share of blended faces. Defaults to 0.
        occlusion (float): The share of occluded faces. Defaults to 0.
        split (str): Whose subjects to show. Defaults to ``'train'``.

    Returns:
        np.ndarray: uint8 BGR.
    """
    margin = max(70, image_size // 2)
    sheet = np.full((8 * image_size, margin + columns * image_size, 3), 255,
                    np.uint8)
    for row, name in enumerate(CLASSES):
        faces = sample_faces(
            seed, split, np.arange(row * columns, (row + 1) * columns),
            class_weights=np.arange(8) == row, ambiguity=ambiguity,
            occlusion=occlusion)
        top = row * image_size
        for column in range(columns):
            picture, _ = render_face(
                faces['face'][column], faces['gt_au'][column],
                faces['face_points'][column], image_size)
            left = margin + column * image_size
            sheet[top:top + image_size, left:left + image_size] = picture
        cv2.putText(sheet, name, (4, top + image_size // 2),
                    cv2.FONT_HERSHEY_SIMPLEX, margin / 190, (0, 0, 0), 1,
                    cv2.LINE_AA)
    return sheet
