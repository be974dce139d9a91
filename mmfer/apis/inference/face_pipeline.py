# Copyright (c) mmfer contributors.
"""From a face in a picture to what a model takes, as in its training."""
from typing import Any, Dict, List, Optional, Tuple

from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import DefaultScope

from mmfer.datasets.transforms import ALIGN_RECIPES
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS
from mmfer.structures import DetectedFace

from ..models import tested_dataset
from ..pictures import Picture

_LOADERS = ('DrawSyntheticFace', 'LoadFERImage', 'LoadImageFromFile')
# The recipe that comes near to how a dataset that is distributed as crops was
# cropped; for others the box with a margin. Our choice.
_NEAR = dict(RAFDB='rafdb100')


class FacePipeline:
    """The test pipeline of a config, for faces that a detector found.

    Pictures come loaded. Faces are aligned by the ``FaceAlign`` of the
    config; without it by the recipe that the checkpoint tells; where the
    training set was distributed as crops, by the recipe that comes near.

    Args:
        cfg (Config): The config of the training.
        training (Dict[str, Any]): See
            :class:`~mmfer.apis.models.LoadedModel`.
        num_landmarks (int): How many landmarks the detector gives.
        align (str, optional): A key of ``ALIGN_RECIPES`` that takes the place
            of all this, or ``'none'`` for crops as in the training set.
            Defaults to None.

    Attributes:
        recipe (str): How faces are aligned, ``'none'`` for not at all.

    Raises:
        ConfigError: If config and checkpoint tell different recipes, the
            size of the crops is unknown, or landmarks are needed that the
            detector does not give.
    """

    def __init__(self,
                 cfg: Config,
                 training: Dict[str, Any],
                 num_landmarks: int,
                 align: Optional[str] = None) -> None:
        dataset = tested_dataset(cfg)
        steps = [
            step for step in dataset['pipeline']
            if step['type'] not in _LOADERS
        ]
        own = [s['recipe'] for s in steps if s['type'] == 'FaceAlign']
        self.recipe = _choose(own, training, num_landmarks, align)
        if align is not None or not own:
            steps = [step for step in steps if step['type'] != 'FaceAlign']
            size = face_size(cfg, training)
            if self.recipe != 'none':
                steps.insert(
                    0, dict(type='FaceAlign', recipe=self.recipe, size=size))
            elif not any({'size', 'scale'} & set(step) for step in steps):
                steps.insert(0, dict(type='FaceResize', size=size))
        with DefaultScope.overwrite_default_scope('mmpretrain'):
            self._steps = Compose([TRANSFORMS.build(step) for step in steps])

    def __call__(self, picture: Picture, face: DetectedFace) -> dict:
        """A face as :func:`~mmfer.datasets.collate.fer_collate` takes it.

        Raises:
            AnnotationError: If its landmarks cannot be those of a face.
        """
        shape = picture.image.shape[:2]
        results = dict(
            img=picture.image,
            img_path=picture.source,
            img_shape=shape,
            ori_shape=shape,
            gt_bboxes=face.box[None])
        if face.landmarks is not None:
            results['gt_landmarks'] = face.landmarks
        return self._steps(results)


def _choose(own: List[str], training: Dict[str, Any], num_landmarks: int,
            align: Optional[str]) -> str:
    """The recipe by which faces are aligned."""
    stored = training.get('align')
    if align is not None:
        if align not in ('none', *ALIGN_RECIPES):
            raise ConfigError(f'no recipe {align!r} of alignment',
                              hint=f'none, {", ".join(ALIGN_RECIPES)}')
        recipe = align
    elif own:
        if stored in ALIGN_RECIPES and own != [stored]:
            raise ConfigError('the config aligns faces by '
                              f'{" > ".join(own)}, the checkpoint was '
                              f'trained on faces aligned by {stored}',
                              hint='name the config of that training, or '
                              'choose one of both')
        recipe = own[0]
    elif stored in ALIGN_RECIPES:
        recipe = stored
    else:
        dataset = (training.get('trained_on') or [''])[0].split('/')[0]
        recipe = _NEAR.get(dataset) if num_landmarks else None
        recipe = recipe or 'box-margin'
    if num_landmarks == 0 and 'points' in ALIGN_RECIPES.get(recipe, ()):
        raise ConfigError(f'faces are aligned by {recipe}, which needs '
                          'landmarks, and the detector gives none',
                          hint='the detector mtcnn or yunet, or choose the '
                          'alignment box-margin')
    return recipe


def face_size(cfg: Config, training: Dict[str, Any]) -> Tuple[int, int]:
    """Height and width of the crops that a model was trained on.

    Args:
        cfg (Config): See :class:`FacePipeline`.
        training (Dict[str, Any]): See :class:`FacePipeline`.

    Raises:
        ConfigError: If neither tells.
    """
    dataset = tested_dataset(cfg)
    # The last that sets a size, for the test pipeline gives what it leaves.
    sizes = [dataset.get('image_size'), training.get('input_size')]
    sizes += [step['size'] for step in dataset['pipeline'] if 'size' in step]
    known = [size for size in sizes if size]
    if not known:
        raise ConfigError('neither the checkpoint nor the test pipeline of '
                          'the config tells the size of the crops',
                          hint='a checkpoint that tools/train.py wrote, or '
                          'FaceResize in the pipeline')
    size = known[-1]
    return (size, size) if isinstance(size, int) else tuple(size)
