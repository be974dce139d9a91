# Copyright (c) mmfer contributors.
import warnings
from typing import (Any, Callable, Dict, Iterable, Iterator, List, Optional,
                    Sequence, Tuple, Union)

import numpy as np
from mmengine.config import Config

from mmfer.errors import ConfigError
from mmfer.structures import (AnnotationError, AttentionMap, FacePrediction,
                              PicturePrediction)

from ..detectors import FaceDetector, build_detector
from ..export import load_onnx
from ..models import load_model, num_landmarks_of
from ..pictures import INPUTS, Picture, open_pictures
from .face_pipeline import FacePipeline
from .smoothing import TemporalSmoothing
from .torch_predictor import TorchPredictor

BACKENDS = ('pytorch', 'onnxruntime')
# Pictures that wait for a full batch of faces hold at most so many bytes.
_WAITING_BYTES = 1 << 28


class FERInferencer:
    """Find faces in pictures and videos and predict their expressions.

    Faces are aligned as in the training of the model, see
    :class:`~mmfer.apis.inference.FacePipeline`, and predicted in batches
    across pictures and frames.

    Args:
        model (str or Config): A config or its file, or the name of a model in
            ``model-index.yml``.
        checkpoint (str, optional): A file or URL; for ONNX Runtime the file
            that ``tools/deployment/export_onnx.py`` writes. Defaults to None,
            that of the index.
        detector (str or FaceDetector): ``'mtcnn'``, ``'yunet'`` with its
            ``weights``, ``'whole-image'`` for pictures that are crops of
            faces already, or a detector such as
            :class:`~mmfer.apis.detectors.GivenBoxes`. Defaults to
            ``'mtcnn'``.
        align (str, optional): A key of ``ALIGN_RECIPES`` or ``'none'`` in
            place of the alignment of the training. Defaults to None.
        batch_size (int): Faces predicted at a time. Defaults to 32.
        device (str, optional): Where PyTorch computes. Defaults to None, an
            accelerator if there is one.
        backend (str): ``'pytorch'`` or ``'onnxruntime'``. Defaults to
            ``'pytorch'``.
        attention (str, optional): A kind of
            :data:`mmfer.apis.attention.ATTENTIONS`: also where the model
            looks. Defaults to None.
        **detector_args: ``landmarks``, see :func:`build_detector`, and
            arguments of a detector that is given by its name.

    Raises:
        ConfigError: If model, checkpoint, alignment and detector do not fit.
        DetectorError: If the detector cannot be had.

    Examples:
        >>> inferencer = FERInferencer('mine.py', 'epoch_40.pth')
        ...     # doctest: +SKIP
        >>> picture, = inferencer('photo.jpg')  # doctest: +SKIP
        >>> [face.expression for face in picture.faces]  # doctest: +SKIP
        ['happiness', 'surprise']
    """

    def __init__(self,
                 model: Union[str, Config],
                 checkpoint: Optional[str] = None,
                 detector: Union[str, FaceDetector] = 'mtcnn',
                 align: Optional[str] = None,
                 batch_size: int = 32,
                 device: Optional[str] = None,
                 backend: str = 'pytorch',
                 attention: Optional[str] = None,
                 **detector_args: Any) -> None:
        if batch_size < 1:
            raise ConfigError(f'batch_size must be positive, got {batch_size}',
                              hint='1 predicts face by face')
        self.detector = build_detector(detector, **detector_args)
        self.batch_size = batch_size
        if backend == 'pytorch':
            loaded = load_model(model, checkpoint, device)
            self.predict = TorchPredictor(loaded, attention)
        elif backend != 'onnxruntime':
            raise ConfigError(f'no backend {backend!r}',
                              hint=f'one of {", ".join(BACKENDS)}')
        elif attention is not None:
            raise ConfigError('ONNX Runtime gives no attention maps',
                              hint='the backend pytorch')
        else:
            loaded = load_onnx(model, checkpoint)
            self.predict = loaded.model
        self.classes, self.au_names = loaded.classes, loaded.au_names
        self._num_landmarks = needed = num_landmarks_of(loaded.model)
        given = (self.detector.num_landmarks, self.detector.most_landmarks)
        if needed and given != (needed, needed):
            raise ConfigError(
                f'this model needs {needed} landmarks of each face, the '
                f'detector gives {" to ".join(map(str, sorted({*given})))}',
                hint='landmarks=\'dlib68\' (--landmarks dlib68), faces with '
                'landmarks (GivenBoxes), or a model that needs none')
        if align is None and self.detector.cropped:
            align = 'none'
        self.pipeline = FacePipeline(loaded.cfg, loaded.training,
                                     self.detector.num_landmarks, align)

    def __call__(self, inputs: INPUTS,
                 smoothing: Optional[float] = None
                 ) -> List[PicturePrediction]:
        """Predict all pictures.

        Args:
            inputs: See :func:`~mmfer.apis.pictures.open_pictures`.
            smoothing (float, optional): The momentum of
                :class:`TemporalSmoothing`, for videos. Defaults to None, each
                frame for itself.

        Returns:
            list[PicturePrediction]: One a picture or frame, in their order.
        """
        pictures = open_pictures(inputs)
        for note in pictures.notes:
            warnings.warn(note)
        return [found for _, found in self.stream(pictures, smoothing)]

    def stream(self, pictures: Iterable[Picture],
               smoothing: Optional[float] = None
               ) -> Iterator[Tuple[Picture, PicturePrediction]]:
        """Predict pictures as they come, so that none need be kept.

        Args:
            pictures (Iterable[Picture]): From
                :func:`~mmfer.apis.pictures.open_pictures`.
            smoothing (float, optional): See :meth:`__call__`.

        Yields:
            tuple[Picture, PicturePrediction]: In the order of the pictures.

        Raises:
            ValueError: If still pictures are to be smoothed.
        """
        smooth: Callable = lambda faces: None
        if smoothing is not None:
            if getattr(pictures, 'fps', None) is None:
                raise ConfigError('still pictures cannot be smoothed over '
                                  'time',
                                  hint='leave smoothing to videos')
            smooth = TemporalSmoothing(smoothing)
        # The frames of a camera cannot wait for others.
        full = 1 if getattr(pictures, 'live', False) else self.batch_size
        for waiting in _together(map(self._cut, pictures), full):
            for picture, faces in self._finish(waiting):
                smooth(faces)
                yield picture, PicturePrediction(
                    picture.source, faces, picture.frame, picture.seconds,
                    picture.problem)

    def _cut(self, picture: Picture) -> Tuple[Picture, List[tuple]]:
        """A picture, and its faces as found and as the model takes them."""
        cuts = []
        for face in () if picture.image is None else self.detector(picture):
            try:
                packed = self.pipeline(picture, face)
            except AnnotationError as error:
                warnings.warn(f'{picture.source}: the face at '
                              f'{face.box.round().tolist()} is left out: '
                              f'{error}')
                continue
            if not self._num_landmarks:
                # Unlike numbers of landmarks do not make a batch.
                packed['data_samples'].pop('gt_landmarks', None)
            cuts.append((face, packed))
        return picture, cuts

    def _finish(self, waiting: Sequence[Tuple[Picture, List[tuple]]]
                ) -> Iterator[Tuple[Picture, List[FacePrediction]]]:
        """Predict the faces of pictures that waited together."""
        cuts = [cut for _, some in waiting for cut in some]
        predictions = []
        for start in range(0, len(cuts), self.batch_size):
            batch = cuts[start:start + self.batch_size]
            outputs = self.predict([packed for _, packed in batch])
            predictions += [
                self._prediction(
                    face, packed,
                    {name: value[i] for name, value in outputs.items()})
                for i, (face, packed) in enumerate(batch)
            ]
        done = iter(predictions)
        for picture, some in waiting:
            yield picture, [next(done) for _ in some]

    def _prediction(self, face: Any, packed: dict,
                    outputs: Dict[str, np.ndarray]) -> FacePrediction:
        """What the model says about a face, by name."""
        found = {name: value.tolist() for name, value in outputs.items()
                 if name != 'attention'}
        attention = None
        if 'attention' in outputs:
            attention = AttentionMap(
                outputs['attention'], tuple(packed['inputs'].shape[-2:]),
                packed['data_samples'].get('affine', np.eye(2, 3)))
        va = found.get('pred_va')
        return FacePrediction(
            face,
            dict(zip(self.classes, found['pred_score'])),
            dict(zip(self.au_names, found.get('pred_au', ()))),
            None if va is None else tuple(va),
            found.get('pred_confidence'),
            found.get('pred_patch_weights'),
            attention=attention)


def _together(cuts: Iterable[Tuple[Picture, List[tuple]]], full: int
              ) -> Iterator[List[Tuple[Picture, List[tuple]]]]:
    """Pictures in groups that fill a batch of faces, or the memory."""
    waiting: List[Tuple[Picture, List[tuple]]] = []
    faces = size = 0
    for picture, some in cuts:
        waiting.append((picture, some))
        faces += len(some)
        size += 0 if picture.image is None else picture.image.nbytes
        if faces == 0 or faces >= full or size >= _WAITING_BYTES:
            yield waiting
            waiting, faces, size = [], 0, 0
    if waiting:
        yield waiting
