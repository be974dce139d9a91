# Copyright (c) mmfer contributors.
"""Where the points of a face lie: from parameters to pixels.

The face is a cloud of 3D points in units of half its width, x to the right of
the picture, y down, z to the camera, the origin between the eyes. The first
68 points are the iBUG landmarks. Side 0 is the left half of the picture, which
is the right half of the person.
"""
from typing import Dict

import numpy as np

from .face_model import PARAMETERS
from .face_parts import (SIGN, Params, Units, brow_points, eye_points,
                         jaw_points, mirrored, nose_points, sided_units)
from .mouth import mouth_points

_SKULL = mirrored(
    np.array([(-1.01, -.05, -.34), (-1.0, -.33, -.3), (-.94, -.6, -.25),
              (-.8, -.86, -.2), (-.5, -1.08, -.15), (0, -1.16, -.1)]))
_HAIRLINE = mirrored(
    np.array([(-.98, -.24, -.3), (-.91, -.5, -.15), (-.72, -.73, 0),
              (-.38, -.84, .08), (0, -.86, .1)]))
_FOLD = np.array([(-.25, .45, .2), (-.39, .64, .18), (-.46, .88, .1)])
_CHEEK = np.array([-.56, .4, .15])
_FOREHEAD = mirrored(np.array([(-.5, .03, .05), (-.25, 0, .12), (0, 0, .14)]))

# Points after the landmarks: name -> slice.
EXTRA: Dict[str, slice] = {}
POINTS = 68
for _name, _count in dict(skull=11, hairline=9, ears=2, iris=2, creases=6,
                          cheeks=2, folds=6, glabella=4, forehead=10,
                          chin=1).items():
    EXTRA[_name] = slice(POINTS, POINTS + _count)
    POINTS += _count

# The head turns about this point.
_PIVOT = np.array([0, .25, -.45])


def as_params(faces: np.ndarray) -> Params:
    """The columns of face vectors ``(N, P)`` by the names of parameters."""
    return dict(zip(PARAMETERS, np.asarray(faces, np.float64).T))


def _extra_points(cloud: np.ndarray, p: Params, au: Units,
                  drop: np.ndarray) -> None:
    """Fill in the points after the landmarks that follow from these."""
    cloud[:, EXTRA['skull']] = _SKULL
    cloud[:, EXTRA['hairline']] = _HAIRLINE
    cloud[:, EXTRA['hairline'], 1] += p['hairline'][:, None]
    cloud[:, EXTRA['ears']] = [(-1.0, .16, -.38), (1.0, .16, -.38)]
    raise_ = .5 * (au[6] + au[12])
    for side in (0, 1):
        cheek = cloud[:, EXTRA['cheeks']][:, side]
        cheek[:] = _CHEEK * (-SIGN[side], 1, 1)
        cheek[:, 1] -= .08 * raise_[:, side]
        fold = cloud[:, EXTRA['folds']][:, 3 * side:3 * side + 3]
        fold[:] = _FOLD * (-SIGN[side], 1, 1)
        lift = np.stack([.04 * au[9] + .03 * au[10], .05 * au[10] +
                         .05 * au[12], .06 * au[12]], -1)[:, side]
        wide = np.stack([.02 * au[9], .04 * au[12], .12 * au[12] +
                         .08 * au[20]], -1)[:, side]
        fold[:, :, 1] += drop[:, None] * (0, .1, .3) - lift
        fold[:, :, 0] += SIGN[side] * wide
    glabella = cloud[:, EXTRA['glabella']]
    glabella[:] = [(-.085, -.36, .24), (-.06, -.17, .25), (.06, -.17, .25),
                   (.085, -.36, .24)]
    glabella[:, :, 1] += .06 * au[4][:, :1] - .1 * au[1][:, :1]
    lines = cloud[:, EXTRA['forehead']].reshape(-1, 2, 5, 3)
    lines[:] = _FOREHEAD
    lines[..., 1] -= np.array([.52, .65])[:, None] - \
        .35 * p['hairline'][:, None, None]
    arch = (au[1] - .7 * au[2])[:, :1, None]
    lines[..., 1] += arch * np.array([.05, .0, -.04, .0, .05])
    cloud[:, EXTRA['chin'].start] = (0, 1.16, .24)
    cloud[:, EXTRA['chin'].start, 1] += drop - .05 * au[17][:, 0]


def face_cloud(p: Params, units: np.ndarray) -> np.ndarray:
    """The 3D points of faces before pose and camera.

    Args:
        p (Mapping): Parameters by name, each ``(N, )``.
        units (np.ndarray): Action units, ``(N, K)`` in [0, 1].

    Returns:
        np.ndarray: ``(N, POINTS, 3)`` in face units.
    """
    au = sided_units(units, p['skew'])
    drop = .34 * au[26][:, 0]
    cloud = np.zeros((len(units), POINTS, 3))
    cloud[:, :17] = jaw_points(p, au, drop)
    brows = brow_points(p, au)
    cloud[:, 17:22], cloud[:, 22:27] = brows[:, 0], brows[:, 1, ::-1]
    cloud[:, 27:36] = nose_points(p, au)
    eyes, iris, creases = eye_points(p, au)
    cloud[:, 36:42] = eyes[:, 0]
    cloud[:, 42:48] = eyes[:, 1][:, [3, 2, 1, 0, 5, 4]]
    cloud[:, 48:68] = mouth_points(p, au, drop)
    cloud[:, EXTRA['iris']] = iris
    cloud[:, EXTRA['creases']] = creases.reshape(-1, 6, 3)
    _extra_points(cloud, p, au, drop)
    cloud[:, :, 0] *= 1 + p['face_width'][:, None]
    below = np.maximum(cloud[:, :, 1], 0)
    cloud[:, :, 1] += p['face_length'][:, None] * below
    return cloud


def project(cloud: np.ndarray, p: Params) -> np.ndarray:
    """Turn the heads and bring them into the picture.

    The projection is orthographic. Positive yaw turns the face to the right
    of the picture, positive pitch turns it down, positive roll tilts it
    clockwise.

    Args:
        cloud (np.ndarray): ``(N, POINTS, 3)``.
        p (Mapping): Parameters by name, each ``(N, )``.

    Returns:
        np.ndarray: ``(N, POINTS, 2)``, x and y in shares of the picture.
    """
    yaw, pitch, roll = (
        np.deg2rad(p[name])[:, None] for name in ('yaw', 'pitch', 'roll'))
    x, y, z = np.moveaxis(cloud - _PIVOT, -1, 0)
    x, z = x * np.cos(yaw) + z * np.sin(yaw), z * np.cos(yaw) - x * np.sin(yaw)
    y = y * np.cos(pitch) + z * np.sin(pitch)
    x, y = x * np.cos(roll) - y * np.sin(roll), x * np.sin(roll) + \
        y * np.cos(roll)
    points = np.stack([x, y], -1) * p['scale'][:, None, None]
    points[..., 0] += .5 + p['shift_x'][:, None]
    points[..., 1] += .505 + p['shift_y'][:, None]
    return points


def face_points(faces: np.ndarray, units: np.ndarray) -> np.ndarray:
    """All points of faces in shares of the picture.

    Args:
        faces (np.ndarray): Face vectors, ``(N, P)``.
        units (np.ndarray): Action units, ``(N, K)`` in [0, 1].

    Returns:
        np.ndarray: float32 of shape ``(N, POINTS, 2)``; the first 68 are the
        iBUG landmarks. :func:`to_pixels` brings them to a picture's size.
    """
    points = []
    for start in range(0, len(faces), 2048):  # bounds the memory
        p = as_params(faces[start:start + 2048])
        cloud = face_cloud(p, units[start:start + 2048])
        points.append(project(cloud, p).astype(np.float32))
    return np.concatenate(points)


def to_pixels(points: np.ndarray, image_size: int) -> np.ndarray:
    """Points in pixels of a picture, pixel centres at integers."""
    return points * np.float32(image_size) - np.float32(.5)
