# Copyright (c) mmfer contributors.
import math
from numbers import Integral, Real
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from mmfer.errors import ConfigError
from mmfer.registry import DATASETS
from mmfer.structures import AU_SETS, au_names
from .base_fer_dataset import BaseFERDataset
from .label_mapping import map_score
from .synthetic import (OCCLUDERS, PARAMETERS, POINTS, sample_faces,
                        to_pixels)

# A sample is kept as one array, since thousands of small ones are slow to
# store: name -> start, stop and shape.
_RECORD: Dict[str, Tuple[int, int, Tuple[int, ...]]] = {}
for _name, _shape in dict(
        votes=(8, ), true_distribution=(8, ), ambiguity=(1, ),
        gt_au=(len(AU_SETS['synthetic']), ), gt_va=(2, ),
        face=(len(PARAMETERS), ), face_points=(POINTS, 2)).items():
    _start = max([0] + [entry[1] for entry in _RECORD.values()])
    _RECORD[_name] = (_start, _start + math.prod(_shape), _shape)


@DATASETS.register_module()
class SyntheticFER(BaseFERDataset):
    """Drawn faces whose truth is known; no files, no downloads.

    Each face is a function of ``(seed, split, index)`` alone: the same bytes
    in a dataset of any size, in any order and process. Samples carry, beside
    label, ``gt_au``, ``gt_va``, ``gt_landmarks`` and ``subject``:

    - ``votes`` (np.ndarray): ten annotators' votes, uint8 ``(8, )``;
    - ``true_distribution`` (np.ndarray): what they vote by, ``(C, )``;
    - ``ambiguity`` (float): the entropy of the latter in nats, over the
      dataset's own eight classes;
    - ``occluder`` (str): none, mask, glasses, sunglasses or hand.

    The picture and ``gt_mask`` come with
    :class:`~mmfer.datasets.transforms.DrawSyntheticFace`, the first transform
    of the pipeline. What is modelled: ``docs/synthetic.md``.

    Args:
        size (int): The number of samples. Defaults to 1000.
        split (str): ``'train'``, ``'valid'`` or ``'test'``; their subjects
            are disjoint. Defaults to ``'train'``.
        image_size (int): Height and width in pixels, 32 to 1024. Defaults to
            112.
        seed (int): The seed of the faces, at least 0. Defaults to 0.
        target (str): ``'majority'``: a label; ``'distribution'``: the same
            label, and its distribution as ``gt_score``. Defaults to
            ``'majority'``.
        labels (str): Where label and distribution come from: the ``'votes'``
            (the first class in order where two are equal) or the ``'truth'``.
            Defaults to ``'votes'``.
        num_subjects (int): Identities over all splits, at least 5. Defaults
            to 200.
        class_weights (Dict[str, float], optional): Relative frequency of each
            main expression; classes that are not named get none. Defaults to
            None, equal frequencies.
        ambiguity (float): The share of blended expressions. Defaults to 0.3.
        occlusion (float): The share of occluded faces. Defaults to 0.2.
        pose (float): The largest yaw in degrees, up to 35; pitch and roll go
            to half of it. Defaults to 20.
        light (float): The largest strength of directed light, in [0, 1].
            Defaults to 0.5.
        blur (float): The largest blur in pixels of a picture of 112 pixels.
            Defaults to 0.8.
        sensor_noise (float): The largest noise of the picture in grey levels.
            Defaults to 6. (``noise`` is label noise, see below.)
        **kwargs: See :class:`BaseFERDataset`.

    Raises:
        TypeError: If a number is none.
        ValueError: If an argument lies outside its range.
    """

    METAINFO = dict(au_names=au_names('synthetic'))
    LABEL_SPACE = 'synthetic'
    SPLITS = ('train', 'valid', 'test')
    # Argument -> lowest and highest value.
    RANGES = dict(size=(1, 10**8), image_size=(32, 1024), seed=(0, 2**63 - 1),
                  num_subjects=(5, 10**6), ambiguity=(0, 1), occlusion=(0, 1),
                  pose=(0, 35), light=(0, 1), blur=(0, 10),
                  sensor_noise=(0, 100))

    def __init__(self,
                 size: int = 1000,
                 split: str = 'train',
                 image_size: int = 112,
                 seed: int = 0,
                 target: str = 'majority',
                 labels: str = 'votes',
                 num_subjects: int = 200,
                 class_weights: Optional[Dict[str, float]] = None,
                 ambiguity: float = .3,
                 occlusion: float = .2,
                 pose: float = 20.,
                 light: float = .5,
                 blur: float = .8,
                 sensor_noise: float = 6.,
                 **kwargs: Any) -> None:
        if 'data_root' in kwargs:
            raise ValueError('SyntheticFER draws its faces and takes no '
                             f"data_root, got {kwargs['data_root']!r}")
        for name, value, known in (('target', target, ('majority',
                                                       'distribution')),
                                   ('labels', labels, ('votes', 'truth'))):
            if value not in known:
                raise ValueError(f'{name} must be one of {known}, got '
                                 f'{value!r}')
        self.size = self._checked('size', size, Integral)
        self.image_size = self._checked('image_size', image_size, Integral)
        self.seed = self._checked('seed', seed, Integral)
        self.model = dict(
            num_subjects=self._checked('num_subjects', num_subjects,
                                       Integral),
            ambiguity=self._checked('ambiguity', ambiguity, Real),
            occlusion=self._checked('occlusion', occlusion, Real),
            pose=self._checked('pose', pose, Real),
            light=self._checked('light', light, Real),
            blur=self._checked('blur', blur, Real),
            noise=self._checked('sensor_noise', sensor_noise, Real))
        self.class_weights = self._checked_weights(class_weights)
        self.target, self.labels = target, labels
        super().__init__(data_root='', split=split, **kwargs)

    def _checked(self, name: str, value: Any, kind: type) -> Any:
        if isinstance(value, bool) or not isinstance(value, kind):
            wanted = 'an integer' if kind is Integral else 'a number'
            raise TypeError(f'{name} must be {wanted}, got {value!r}')
        low, high = self.RANGES[name]
        if not low <= value <= high:
            raise ConfigError(f'{name} must lie in [{low}, {high}], got '
                              f'{value!r}',
                              hint='choose a number in there')
        return value

    def _checked_weights(self, weights: Optional[Dict[str, float]]
                         ) -> List[float]:
        if weights is None:
            return [1.] * 8
        if not isinstance(weights, dict):
            raise TypeError('class_weights must be a dict from expression to '
                            f'weight, got {weights!r}')
        given = [0.] * 8
        for name, weight in weights.items():
            given[self.native_space.index(name)] = float(weight)
        if not all(math.isfinite(w) and w >= 0 for w in given) or \
                not sum(given) > 0:
            raise ValueError('class_weights must be finite, not negative and '
                             f'not all zero, got {weights!r}')
        return given

    def load_samples(self) -> List[dict]:
        """Sample the faces; their pictures are drawn by the pipeline."""
        faces = sample_faces(self.seed, self.split, np.arange(self.size),
                             class_weights=self.class_weights, **self.model)
        self.notes = [
            f'drawn faces, seed {self.seed}', f'target {self.target}',
            f'labels from {self.labels}',
            *(f'{name} {value}'.replace('noise', 'sensor_noise')
              for name, value in self.model.items())
        ]
        score = faces['true_distribution']
        if self.labels == 'votes':
            score = faces['votes'] / np.float32(10)
        label = score.argmax(1)
        record = np.concatenate(
            [faces[name].reshape(self.size, -1) for name in _RECORD],
            1).astype(np.float32)
        samples = []
        for i, subject in enumerate(faces['subject'].tolist()):
            sample = dict(gt_label=int(label[i]), subject=f's{subject:04d}',
                          face_name=f'synthetic/seed{self.seed}/'
                          f'{self.split}/{i:06d}', record=record[i])
            if self.target == 'distribution':
                sample['gt_score'] = score[i]
            samples.append(sample)
        return samples

    def image_paths(self, samples: List[dict]) -> List[str]:
        """The name that each picture will have."""
        return [sample['face_name'] for sample in samples]

    def unpack(self, info: dict) -> dict:
        """The annotation of a sample, complete but for the picture."""
        record = info.pop('record')
        for name, (start, stop, shape) in _RECORD.items():
            info[name] = record[start:stop].reshape(shape)
        info['votes'] = info['votes'].astype(np.uint8)
        info['ambiguity'] = float(info['ambiguity'][0])
        info['true_distribution'] = map_score(
            info['true_distribution'],
            self.native_space.map_to(self.label_space), self.label_space,
            self.data_root)
        info['gt_landmarks'] = to_pixels(info['face_points'][:68],
                                         self.image_size)
        occluder = info['face'][PARAMETERS.index('occluder')]
        info['occluder'] = OCCLUDERS[int(occluder)]
        info['image_size'] = self.image_size
        # What the picture shows, whatever labels are laid over it.
        info['face_units'] = info['gt_au']
        return info

    def extra_repr(self) -> List[str]:
        """Further lines of the representation."""
        return [*super().extra_repr()[1:], *self.notes]
