# Copyright (c) mmfer contributors.
import math
from typing import Any, Optional, Sequence

import cv2
import numpy as np
from mmpretrain.visualization import UniversalVisualizer
from PIL import Image, ImageDraw

from mmfer.registry import VISUALIZERS
from mmfer.structures import AttentionMap, FacePrediction
from .face_card import WIDTH, card_height, draw_card
from .palette import GROUND, face_colour, font, on_colour

# Smaller pictures are enlarged to it; text grows with larger ones. Our choice.
_LEAST_HEIGHT = 360


@VISUALIZERS.register_module()
class FERVisualizer(UniversalVisualizer):
    """MMPretrain's visualizer, and faces with all that is predicted of them.

    Each face gets a box with its expression and, beside the picture, a card
    of its colour and number: scores of all expressions, confidence, valence
    and arousal, action units. Colours are those of Okabe and Ito, which
    colour-blind readers can tell apart; nothing is told by colour alone.

    Args:
        name (str): Its name among all. Defaults to ``'visualizer'``.
        cards (bool): Whether to draw cards. Defaults to True.
        opacity (float): That of attention where it is strongest, in [0, 1].
            Defaults to 0.6.
        **kwargs: See MMPretrain's ``UniversalVisualizer``.
    """

    def __init__(self,
                 name: str = 'visualizer',
                 cards: bool = True,
                 opacity: float = 0.6,
                 **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self.cards = cards
        self.opacity = opacity

    def draw_faces(self,
                   image: np.ndarray,
                   faces: Sequence[FacePrediction],
                   columns: Optional[int] = None) -> np.ndarray:
        """Draw the faces of a picture.

        Args:
            image (np.ndarray): BGR, uint8 of shape ``(H, W, 3)``.
            faces (Sequence[FacePrediction]): Its faces.
            columns (int, optional): Columns of cards, so that all frames of a
                video get one size; faces whose cards do not fit have their
                box alone. Defaults to None, as many as are needed, and the
                picture grows for a long card.

        Returns:
            np.ndarray: A larger picture, BGR, uint8.
        """
        zoom = max(1., _LEAST_HEIGHT / image.shape[0])
        scale = max(1., image.shape[0] / 720)
        for face in faces:
            if face.attention is not None:
                image = overlay_attention(image, face.attention,
                                          self.opacity)
        if zoom > 1:
            image = cv2.resize(image, None, fx=zoom, fy=zoom,
                               interpolation=cv2.INTER_CUBIC)
        picture = Image.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
        for number, face in enumerate(faces):
            draw_box(picture, face, _number(face, number), zoom, scale)
        if self.cards:
            picture = self._with_cards(picture, faces, columns, scale)
        return cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2BGR)

    @staticmethod
    def _with_cards(picture: Image.Image, faces: Sequence[FacePrediction],
                    columns: Optional[int], scale: float) -> Image.Image:
        """The picture with cards at its right."""
        width = round(WIDTH * scale)
        if not faces and not columns:
            return picture
        tall = max([card_height(face, scale) for face in faces], default=1)
        if columns is not None and tall > picture.height:
            scale *= picture.height / tall
            tall = picture.height
        rows = max(1, picture.height // tall)
        columns = columns or math.ceil(len(faces) / rows)
        sheet = Image.new('RGB', (picture.width + columns * width,
                                  max(picture.height, tall)), GROUND)
        sheet.paste(picture, (0, 0))
        for number, face in enumerate(faces[:rows * columns]):
            column, row = divmod(number, rows)
            sheet.paste(
                draw_card(face, _number(face, number), scale),
                (picture.width + column * width, row * tall))
        return sheet


def _number(face: FacePrediction, number: int) -> int:
    """The number that a face is told by: that of its track if it has one."""
    return number if face.track is None else face.track


def draw_box(picture: Image.Image, face: FacePrediction, number: int,
             zoom: float, scale: float) -> None:
    """Draw the box of a face and its most probable expression.

    Args:
        picture (Image.Image): RGB; changed in place.
        face (FacePrediction): The face.
        number (int): Its number, which also gives the colour.
        zoom (float): How far the picture was enlarged.
        scale (float): 1 for lines of 2 and text of 12 pixels.
    """
    pen, colour = ImageDraw.Draw(picture), face_colour(number)
    left, top, right, bottom = (face.face.box * zoom).tolist()
    # Pillow refuses to draw a box that is narrower than a pixel.
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    line = max(2, round(2 * scale))
    # A dark edge, so that the box is seen on any ground.
    for grow, shade in ((line // 2, GROUND), (0, colour)):
        pen.rectangle((left - grow, top - grow, right + grow - 1,
                       bottom + grow - 1), outline=shade, width=line)
    letters = font(round(12 * scale))
    text = f'{number + 1} {face.expression} ' \
        f'{100 * face.scores[face.expression]:.0f} %'
    margin, tall = 3 * scale, 17 * scale
    wide = letters.getlength(text) + 2 * margin
    x = min(max(0., left), max(0., picture.width - wide))
    y = top - tall if top >= tall else top
    pen.rectangle((x, y, x + wide, y + tall), colour)
    pen.text((x + margin, y + margin / 2), text, on_colour(colour), letters)


def overlay_attention(image: np.ndarray, attention: AttentionMap,
                      opacity: float = 0.6) -> np.ndarray:
    """Lay where a model looked over a picture, dark violet to yellow.

    Args:
        image (np.ndarray): BGR, uint8 of shape ``(H, W, 3)``.
        attention (AttentionMap): The map.
        opacity (float): Where it is strongest, in [0, 1]. Defaults to 0.6.

    Returns:
        np.ndarray: A new picture; what the model did not see is unchanged.
    """
    height, width = attention.size
    crop = cv2.resize(attention.values.astype(np.float32), (width, height))
    weights = cv2.warpAffine(
        crop, attention.affine, image.shape[1::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    weights = weights.clip(0, 1)
    colours = cv2.applyColorMap((255 * weights).astype(np.uint8),
                                cv2.COLORMAP_VIRIDIS)
    alpha = opacity * weights[..., None]
    return (image * (1 - alpha) + colours * alpha).round().astype(np.uint8)
