# Copyright (c) mmfer contributors.
from typing import Dict, Tuple

import numpy as np

# Number of points -> for each point, the index of its mirror point. "Left"
# and "right" are those of the picture.
# 5: left eye, right eye, nose tip, left and right mouth corner.
# 68: the iBUG 300-W scheme (Sagonas et al., 2013): jaw 0-16, brows 17-26,
# nose 27-35, eyes 36-47, outer lips 48-59, inner lips 60-67.
MIRROR_POINTS: Dict[int, Tuple[int, ...]] = {
    5: (1, 0, 2, 4, 3),
    68: (16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0,
         26, 25, 24, 23, 22, 21, 20, 19, 18, 17,
         27, 28, 29, 30, 35, 34, 33, 32, 31,
         45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
         54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55,
         64, 63, 62, 61, 60, 67, 66, 65),
}  # yapf: disable

# Number of points -> where they lie on a face that looks ahead, x and y as
# parts of the picture: the mean of drawn faces (SyntheticFER) and of their
# mirror images.
MEAN_FACES: Dict[int, Tuple[Tuple[float, float], ...]] = {
    5: ((.38, .42), (.62, .42), (.50, .56), (.40, .69), (.60, .69)),
    68: ((.22, .41), (.23, .49), (.25, .57), (.27, .64), (.29, .71),
         (.33, .77), (.37, .81), (.43, .84), (.50, .85), (.57, .84),
         (.63, .81), (.67, .77), (.71, .71), (.73, .64), (.75, .57),
         (.77, .49), (.78, .41), (.29, .34), (.33, .32), (.37, .31),
         (.42, .32), (.46, .33), (.54, .33), (.58, .32), (.63, .31),
         (.67, .32), (.71, .34), (.50, .40), (.50, .46), (.50, .51),
         (.50, .56), (.44, .58), (.47, .59), (.50, .60), (.53, .59),
         (.56, .58), (.33, .42), (.36, .40), (.40, .40), (.44, .43),
         (.40, .45), (.36, .45), (.56, .43), (.60, .40), (.64, .40),
         (.67, .42), (.64, .45), (.60, .45), (.40, .69), (.43, .67),
         (.47, .66), (.50, .66), (.53, .66), (.57, .67), (.60, .69),
         (.57, .72), (.53, .73), (.50, .74), (.47, .73), (.43, .72),
         (.41, .69), (.46, .69), (.50, .68), (.54, .69), (.59, .69),
         (.54, .70), (.50, .70), (.46, .70)),
}  # yapf: disable


def mirror_order(count: int) -> Tuple[int, ...]:
    """The order that points take when the picture is mirrored.

    Args:
        count (int): The number of points, 5 or 68.

    Raises:
        ValueError: If no scheme with that many points is known.

    Examples:
        >>> mirror_order(5)
        (1, 0, 2, 4, 3)
    """
    if count not in MIRROR_POINTS:
        raise ValueError(
            f'landmarks with {count} points have no known left-right order; '
            f'known numbers of points: {sorted(MIRROR_POINTS)}')
    return MIRROR_POINTS[count]


def five_points(landmarks: np.ndarray) -> np.ndarray:
    """Eye centres, nose tip and mouth corners.

    Args:
        landmarks (np.ndarray): 5 or 68 points, shape ``(L, 2)``, x and y in
            pixels, NaN = unknown.

    Returns:
        np.ndarray: Left eye, right eye, nose tip, left and right mouth corner
        (left and right of the picture), float64 of shape ``(5, 2)``. Of 68
        points the eye centres are the means of the six points of each eye.

    Raises:
        ValueError: If the shape is neither ``(5, 2)`` nor ``(68, 2)``.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    if points.shape == (5, 2):
        return points
    if points.shape != (68, 2):
        raise ValueError('five points can be taken from landmarks of shape '
                         f'(5, 2) or (68, 2), got {points.shape}')
    return np.stack([
        points[36:42].mean(0), points[42:48].mean(0), points[30], points[48],
        points[54]
    ])
