# Copyright (c) mmfer contributors.
import numpy as np
import pytest
from mmpretrain.registry import VISUALIZERS

from mmfer.structures import AttentionMap, DetectedFace, FacePrediction
from mmfer.visualization import FERVisualizer
from mmfer.visualization.face_card import WIDTH, card_height, draw_card
from mmfer.visualization.fer_visualizer import overlay_attention
from mmfer.visualization.palette import (EMPTY, FACE_COLOURS, face_colour,
                                         on_colour)

NAMES = ('neutral', 'happiness', 'sadness', 'surprise', 'fear', 'disgust',
         'anger', 'contempt')
GREY = np.full((400, 300, 3), 128, np.uint8)


def _face(box=(50, 60, 150, 180), best=1, **fields):
    scores = {name: 0.9 if i == best else 0.1 / 7
              for i, name in enumerate(NAMES)}
    return FacePrediction(DetectedFace(np.array(box, dtype=float)), scores,
                          **fields)


def _is(pixels, colour):
    """Which pixels of a BGR picture have an RGB colour."""
    return (pixels == colour[::-1]).all(-1)


def test_boxes_and_cards():
    visualizer = FERVisualizer()
    drawn = visualizer.draw_faces(GREY, [_face(), _face((200, 60, 280, 200))])
    assert drawn.shape[1] == 300 + WIDTH and drawn.dtype == np.uint8
    for number, left in enumerate((50, 200)):
        # The edge of the box, and the title of the card.
        colour = face_colour(number)
        assert _is(drawn[100:170, left], colour).all()
        assert _is(drawn[:, 305:], colour).sum() > 1000
    assert (drawn[390:, :300] == 128).all()


@pytest.mark.parametrize('box', [(299.4, 60, 300, 61), (50, 80, 50.2, 80.1)])
def test_boxes_narrower_than_a_pixel(box):
    drawn = FERVisualizer(cards=False).draw_faces(GREY, [_face(box)])
    left, top = int(box[0]), int(box[1])
    assert _is(drawn[top - 2:top + 3, left - 2:left + 2],
               face_colour(0)).any()


def test_sizes():
    """Small pictures are enlarged, text grows with large ones, all frames of
    a video have one size."""
    visualizer = FERVisualizer()
    small = visualizer.draw_faces(GREY[:48, :48], [_face((5, 5, 40, 40))])
    assert small.shape == (360, 360 + WIDTH, 3)
    large = visualizer.draw_faces(np.zeros((1440, 1000, 3), np.uint8),
                                  [_face()])
    assert large.shape == (1440, 1000 + 2 * WIDTH, 3)
    tall = _face(aus={f'AU{i}': i / 60 for i in range(1, 60, 2)},
                 va=(0.3, -0.5))
    shapes = {visualizer.draw_faces(GREY[:360], faces, columns=1).shape
              for faces in ([], [_face()], [_face()] * 5, [tall] * 2)}
    assert shapes == {(360, 300 + WIDTH, 3)}
    assert visualizer.draw_faces(GREY, []).shape == GREY.shape
    assert visualizer.draw_faces(GREY, [tall]).shape[0] > 400
    assert FERVisualizer(cards=False).draw_faces(
        GREY, [_face()]).shape == GREY.shape


def test_bars_are_as_long_as_scores():
    card = np.asarray(draw_card(_face(), 0, 1.))[30:]
    bar = (card == FACE_COLOURS[0]).all(-1).sum(1).max()
    empty = (card == EMPTY).all(-1).sum(1).max()
    assert bar / empty == pytest.approx(0.9 / (1 - 0.1 / 7), abs=0.03)


def test_valence_and_arousal():
    """The dot lies to the right for pleasure, above for arousal."""
    places = []
    for va in ((0.8, 0.8), (-0.8, -0.8)):
        face = _face(va=va)
        card = np.asarray(draw_card(face, 0, 1.))
        plane = card[-110:, :110]
        rows, columns = np.nonzero((plane == FACE_COLOURS[0]).all(-1))
        places.append((columns.mean(), rows.mean()))
    (right, high), (left, low) = places
    assert right > left + 50 and high < low - 50
    assert card_height(face, 2.) > 1.9 * card_height(face, 1.)


def test_attention_lies_where_the_model_looked():
    """The crop is the box of the face, turned by a quarter."""
    values = np.zeros((4, 4), np.float32)
    values[0, 3] = 1.  # the upper right of the crop
    # The crop's x runs down the picture, its y to the left.
    turn = np.array([[0., 1., -60.], [-1., 0., 150.]])
    drawn = overlay_attention(
        GREY, AttentionMap(values, (100, 100), turn))
    changed = (drawn != GREY).any(-1)
    rows, columns = np.nonzero(changed)
    assert 110 < rows.mean() < 160 and 125 < columns.mean() < 151
    assert not changed[:60].any() and not changed[:, :50].any()
    # Where it is strongest it is yellow: little blue.
    spot = drawn[150, 145].astype(int)
    assert spot[0] < spot[1] and spot[0] < spot[2]
    face = _face(attention=AttentionMap(values, (100, 100), turn))
    assert (FERVisualizer(cards=False).draw_faces(GREY, [face]) !=
            FERVisualizer(cards=False).draw_faces(GREY, [_face()])).any()


def test_colours_differ_in_lightness_or_have_numbers():
    """Each colour carries text that can be read, by the measure of WCAG."""

    def light(colour):
        parts = [c / 255 for c in colour]
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055)**2.4
                 for c in parts]
        return np.dot(parts, (0.2126, 0.7152, 0.0722)) + 0.05

    for colour in FACE_COLOURS:
        pair = sorted((light(colour), light(on_colour(colour))))
        assert pair[1] / pair[0] > 4.5, colour


def test_registered_as_a_visualizer():
    visualizer = VISUALIZERS.build(
        dict(type='FERVisualizer', name='of_a_test', cards=False))
    assert isinstance(visualizer, FERVisualizer) and not visualizer.cards
