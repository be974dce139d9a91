# Copyright (c) mmfer contributors.
import torch

# Number of landmarks -> the landmarks of the left and of the right eye, left
# and right in the picture; see mmfer.structures.landmarks.
EYES = {5: (slice(0, 1), slice(1, 2)), 68: (slice(36, 42), slice(42, 48))}


def upright_landmarks(landmarks: torch.Tensor) -> torch.Tensor:
    """Landmarks moved, turned and scaled so that the eyes stand still.

    Afterwards the centre of the left eye lies at (-0.5, 0), that of the right
    one at (0.5, 0): where the face is in the picture, how large it is and how
    far it leans is forgotten.

    Args:
        landmarks (Tensor): x and y in any unit that is the same for both,
            ``(N, L, 2)`` with L = 5 or 68.

    Returns:
        Tensor: In distances between the eyes, the same shape; finite also
        where the eyes coincide.

    Raises:
        ValueError: If there is another number of landmarks.
    """
    number = int(landmarks.size(1))  # a tensor while a model is traced
    if number not in EYES:
        raise ValueError(f'the eyes are known among {list(EYES)} landmarks, '
                         f'not among {number}')
    left, right = (landmarks[:, eye].mean(1, keepdim=True)
                   for eye in EYES[number])
    axis = right - left
    points = landmarks - (left + right) / 2
    across = (points * axis).sum(2)
    down = points[..., 1] * axis[..., 0] - points[..., 0] * axis[..., 1]
    square = axis.square().sum(2).clamp(min=1e-8)
    return torch.stack([across, down], 2) / square[..., None]
