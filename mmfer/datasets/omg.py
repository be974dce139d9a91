# Copyright (c) mmfer contributors.
import os.path as osp
from typing import Any, List

from mmfer.errors import MissingFileError
from mmfer.registry import DATASETS
from mmfer.structures import AnnotationError
from .base_fer_dataset import BaseFERDataset
from .folders import images_in
from .known_values import known_values
from .number_table import read_number_table
from .tables import read_csv, require_file, require_folder

_TABLES = dict(train='omg_TrainVideos.csv', valid='omg_ValidationVideos.csv')
_NUMBERS = ['arousal', 'valence', 'EmotionMaxVote']


@DATASETS.register_module()
class OMGEmotion(BaseFERDataset):
    """OMG-Emotion: utterances with expression, valence and arousal.

    Barros et al., *The OMG-Emotion Behavior Dataset*, IJCNN 2018,
    https://arxiv.org/abs/1803.05434.

    ::

        data_root
        ├── omg_TrainVideos.csv, omg_ValidationVideos.csv
        └── frames/VIDEO/utterance_1/00001.jpg ...

    The release holds links to videos; cut them into utterances and frames
    first. All frames of an utterance share its labels. ``EmotionMaxVote``
    counts 0 anger, 1 disgust, 2 fear, 3 happiness, 4 neutral, 5 sadness,
    6 surprise; arousal lies in [0, 1], valence in [-1, 1]. Rows that name no
    video, two of the training table, are left out and counted.

    The official counts are those of the utterances in the released tables;
    they are compared with ``frames='middle'``.

    Args:
        data_root (str): The folder above.
        split (str): ``'train'`` or ``'valid'``. Defaults to ``'train'``. The
            test labels are not in the tables.
        frames (str): ``'middle'``, one frame of each utterance, or ``'all'``.
            Defaults to ``'middle'``.
        image_folder (str): Where the frames are, below ``data_root``.
            Defaults to ``'frames'``.
        missing (str): What to do with an utterance without frames, as when a
            video has gone from the web: ``'raise'`` an error or ``'skip'``
            and count it. Defaults to ``'raise'``.
        **kwargs: See :class:`BaseFERDataset`.

    Raises:
        ValueError: If ``frames`` or ``missing`` is none of these.
        AnnotationError: If a row is malformed.
        FileNotFoundError: If the table or frames are missing.
    """

    LABEL_SPACE = 'omg'
    SPLITS = ('train', 'valid')
    # Counted in the released tables.
    OFFICIAL_COUNTS = dict(
        train=dict(
            anger=293, disgust=113, fear=60, happiness=713, neutral=891,
            sadness=346, surprise=26),
        valid=dict(
            anger=61, disgust=48, fear=18, happiness=207, neutral=196,
            sadness=79, surprise=8))  # yapf: disable

    def __init__(self,
                 data_root: str,
                 split: str = 'train',
                 frames: str = 'middle',
                 image_folder: str = 'frames',
                 missing: str = 'raise',
                 **kwargs: Any) -> None:
        for name, value, known in (('frames', frames, ('middle', 'all')),
                                   ('missing', missing, ('raise', 'skip'))):
            if value not in known:
                raise ValueError(f'{name} must be one of {known}, got '
                                 f'{value!r}')
        self.frames, self.missing = frames, missing
        self.image_folder = image_folder
        super().__init__(data_root=data_root, split=split, **kwargs)

    def official_counts(self) -> Any:
        """Those of the utterances; None for all their frames."""
        return None if self.frames == 'all' else super().official_counts()

    def load_samples(self) -> List[dict]:
        """Read the table and find the frames."""
        path = require_file(osp.join(self.data_root, _TABLES[self.split]),
                            'OMG-Emotion wants the released tables')
        table = read_number_table(path, _NUMBERS)
        va = known_values(table.numbers[:, 1::-1], (), (-1, 1),
                          'valence, arousal', path, table.lines)
        unnamed = gone = 0
        samples: List[dict] = []
        for i, (line, row) in enumerate(read_csv(path, ('video',
                                                        'utterance'))):
            if not row['video'] and not row['utterance']:
                unnamed += 1
                continue
            label = table.numbers[i, 2]
            if label not in range(7):
                raise AnnotationError('EmotionMaxVote lies outside 0 to 6',
                                      path, line, row['EmotionMaxVote'])
            images = self._find(row['video'], row['utterance'])
            gone += not images
            samples += [dict(img_path=image, gt_label=int(label),
                             gt_va=va[i], subject=row['video'])
                        for image in images]
        self.notes = [f'{self.frames} frames of utterances',
                      f'{unnamed} rows without video left out',
                      f'{gone} utterances without frames left out']
        return samples

    def _find(self, video: str, utterance: str) -> List[str]:
        """The wanted frames of an utterance."""
        folder = osp.join(self.data_root, self.image_folder, video,
                          osp.splitext(utterance)[0])
        if self.missing == 'raise':
            require_folder(folder, "cut the videos into frames, or say "
                           "missing='skip'")
        images = images_in(folder, self.skipped)
        if not images and self.missing == 'raise':
            raise MissingFileError(f'{folder}: no frame',
                                   hint='cut the videos into frames, or say '
                                   "missing='skip'")
        if self.frames == 'middle':
            return images[len(images) // 2:][:1]
        return images
