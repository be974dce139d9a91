# Copyright (c) mmfer contributors.
import numpy as np
import pytest

from mmfer.apis.inference import TemporalSmoothing
from mmfer.apis.inference.smoothing import overlaps
from mmfer.structures import DetectedFace, FacePrediction


def _face(left, joy=0.5, va=None):
    return FacePrediction(
        DetectedFace(np.array([left, 0., left + 10, 10.])),
        dict(happiness=joy, fear=1 - joy), dict(AU6=joy), va,
        confidence=joy)


def test_overlaps():
    first = np.array([[0., 0, 2, 2], [5, 5, 6, 6]])
    second = np.array([[1., 0, 3, 2], [0, 0, 2, 2], [7, 7, 8, 8]])
    np.testing.assert_allclose(overlaps(first, second),
                               [[2 / 6, 1, 0], [0, 0, 0]])


def test_averages_are_exponential():
    smooth, mean = TemporalSmoothing(0.75), None
    for joy in (1., 0., 0.4, 0.9):
        face = _face(0, joy, va=(joy, -joy))
        smooth([face])
        mean = joy if mean is None else 0.75 * mean + 0.25 * joy
        assert face.track == 0
        assert face.scores == pytest.approx(
            dict(happiness=mean, fear=1 - mean))
        assert face.aus == pytest.approx(dict(AU6=mean))
        assert face.va == pytest.approx((mean, -mean))
        assert face.confidence == pytest.approx(mean)


def test_tracks():
    """Faces change their order, come and go; the nearest pair goes first."""
    smooth = TemporalSmoothing(0., patience=2)
    frames = [[0, 50], [52, 1, 100], [], [], [4, 56], [], [], [], [5]]
    tracks = []
    for lefts in frames:
        faces = [_face(left) for left in lefts]
        smooth(faces)
        tracks.append([face.track for face in faces])
    # Lost in two frames it is the same face, in three another one.
    assert tracks == [[0, 1], [1, 0, 2], [], [], [0, 1], [], [], [], [3]]
    # Both overlap the one that is known; the nearer one is it.
    smooth = TemporalSmoothing(0.)
    for lefts in ([10], [14, 11]):
        faces = [_face(left) for left in lefts]
        smooth(faces)
    assert [face.track for face in faces] == [1, 0]


@pytest.mark.parametrize('momentum', [-0.1, 1, 1.5])
def test_bad_momentum(momentum):
    with pytest.raises(ValueError, match=r'smoothing must lie in \[0, 1\)'):
        TemporalSmoothing(momentum)
