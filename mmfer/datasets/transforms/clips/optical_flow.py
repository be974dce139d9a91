# Copyright (c) mmfer contributors.
"""Optical flow between frames, and the strain of a flow."""
from typing import Callable, Dict

import cv2
import numpy as np

FLOW = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _dis() -> FLOW:
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return lambda first, second: flow.calc(first, second, None)


def _farneback() -> FLOW:
    # Scale, levels, window, rounds, neighbourhood and its sigma: the values
    # of OpenCV's own example.
    return lambda first, second: cv2.calcOpticalFlowFarneback(
        first, second, None, 0.5, 3, 15, 3, 5, 1.2, 0)


def _tvl1() -> FLOW:
    try:
        flow = cv2.optflow.createOptFlow_DualTVL1()
    except AttributeError:
        raise ImportError('TV-L1 flow is not in this build of OpenCV. Type: '
                          'pip install opencv-contrib-python, in place of '
                          "opencv-python, or take method='dis'") from None
    return lambda first, second: flow.calc(first, second, None)


# Name -> what makes a function from two grey pictures to their flow.
# dis: Kroeger et al., Fast Optical Flow using Dense Inverse Search, ECCV 2016.
# farneback: Farneback, Two-Frame Motion Estimation, SCIA 2003.
# tvl1: Zach et al., A Duality Based Approach for Realtime TV-L1 Optical Flow,
#   DAGM 2007; the choice of STSTNet and others.
FLOW_METHODS: Dict[str, Callable[[], FLOW]] = dict(
    dis=_dis, farneback=_farneback, tvl1=_tvl1)


def flow_from_first(clip: np.ndarray, method: str = 'dis') -> np.ndarray:
    """The motion from the first frame of a clip to each of the others.

    Args:
        clip (np.ndarray): uint8 BGR of shape ``(T, H, W, 3)``, T > 1.
        method (str): A key of ``FLOW_METHODS``. Defaults to ``'dis'``.

    Returns:
        np.ndarray: float32 of shape ``(T - 1, H, W, 2)``: how far a pixel of
        the first frame has gone to the right and down, in pixels.

    Raises:
        ImportError: If OpenCV lacks the method.
    """
    flow = FLOW_METHODS[method]()
    first, *others = [cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
                      for frame in clip]
    return np.stack([flow(first, other) for other in others])


def strain(flow: np.ndarray) -> np.ndarray:
    r"""How strongly a flow deforms the skin.

    The norm of the symmetric part of the gradient (Shreve et al., FG 2011),
    :math:`\sqrt{u_x^2 + v_y^2 + (u_y + v_x)^2 / 2}`, by central differences.

    Args:
        flow (np.ndarray): Displacements of shape ``(..., H, W, 2)``.

    Returns:
        np.ndarray: float32 of shape ``(..., H, W)``, in pixels a pixel.
    """
    u, v = flow[..., 0], flow[..., 1]
    u_y, u_x = np.gradient(u, axis=(-2, -1))
    v_y, v_x = np.gradient(v, axis=(-2, -1))
    return np.sqrt(u_x**2 + v_y**2 + (u_y + v_x)**2 / 2).astype(np.float32)
