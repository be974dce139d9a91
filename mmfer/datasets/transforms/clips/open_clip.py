# Copyright (c) mmfer contributors.
from typing import Optional

import numpy as np
from mmcv.transforms import BaseTransform

from mmfer.registry import TRANSFORMS
from mmfer.structures import AnnotationError, ImageError
from .frame_source import (FrameSource, known_frames, nearest_frames,
                           open_frames)


@TRANSFORMS.register_module()
class OpenClip(BaseTransform):
    """Find the frames of a clip, without reading them.

    An onset that is not known is the first frame, an unknown offset the last,
    an unknown apex the middle of both. The key frames are chosen next, see
    :class:`KeyFrames`.

    **Required Keys:** ``clip_path``; ``onset``, ``apex`` and ``offset``
    where known, numbers of frames, -1 for unknown; ``lost_frames`` of readers
    that know of frames that the release lacks.

    **Added Keys:** ``frames``, a :class:`FrameSource`; ``img_path``, the path
    of the clip.

    **Modified Keys:** ``onset``, ``apex``, ``offset``, all known.

    Args:
        gaps (str, optional): What to do where frames between onset and offset
            are missing: ``'raise'`` an error, or ``'blend'`` their neighbors
            in time. Defaults to None, ``'blend'`` for samples with
            ``lost_frames='nearest'``, else ``'raise'``.
        first_frame (int): The number of the first frame of a video file.
            Defaults to 0.
        min_frames (int): The least number of frames from onset to offset.
            With 1, a clip of one frame stands still. Defaults to 2.

    Raises:
        ValueError: If ``gaps`` is unknown.
        ImageError: If clip or frames are missing.
        AnnotationError: If onset, apex or offset lie outside of the clip or
            are out of order, or the clip is too short.
    """

    def __init__(self, gaps: Optional[str] = None, first_frame: int = 0,
                 min_frames: int = 2) -> None:
        if gaps not in (None, 'raise', 'blend'):
            raise ValueError(f"gaps must be 'raise' or 'blend', got {gaps!r}")
        self.gaps, self.first_frame = gaps, first_frame
        self.min_frames = min_frames

    def transform(self, results: dict) -> dict:
        """Find the frames of one clip."""
        if 'clip_path' not in results:
            raise KeyError('OpenClip found no clip_path; readers of pictures '
                           'need LoadFERImage in its place')
        frames = open_frames(results['clip_path'], self.first_frame)
        first, last = frames.numbers[[0, -1]].tolist()
        onset, apex, offset = known_frames(frames.numbers, results)
        nearest = results.get('lost_frames') == 'nearest'
        if nearest and onset <= apex <= offset:
            onset, apex, offset = nearest_frames(
                frames.numbers, (onset, apex, offset)).tolist()
        if not first <= onset <= apex <= offset <= last:
            raise AnnotationError(
                'onset, apex and offset do not lie in this order in the '
                f'frames from {first} to {last}', frames.name, None,
                (onset, apex, offset),
                "correct the coding sheet, unpack all frames, or say "
                "lost_frames='nearest' or 'drop' in the dataset")
        length = offset - onset + 1
        if length < self.min_frames:
            raise AnnotationError(
                f'a clip of {length} frames from onset to offset, there is '
                'no motion in it', frames.name, None, (onset, apex, offset),
                'leave it out, or say OpenClip(min_frames=1)')
        self._check_gaps(frames, onset, offset, self.gaps or (
            'blend' if nearest else 'raise'))
        return dict(results, frames=frames, img_path=frames.name,
                    onset=onset, apex=apex, offset=offset)

    def _check_gaps(self, frames: FrameSource, onset: int,
                    offset: int, gaps: str) -> None:
        missing = np.setdiff1d(np.arange(onset, offset + 1), frames.numbers)
        ends_missing = onset in missing or offset in missing
        if len(missing) and (gaps == 'raise' or ends_missing):
            raise ImageError(
                f'{frames.name}: {len(missing)} of the {offset - onset + 1} '
                f'frames from {onset} to {offset} are missing, the first is '
                f'{missing[0]}',
                hint="unpack all frames, say OpenClip(gaps='blend'), which "
                "wants onset and offset only, or lost_frames='nearest' in "
                'the dataset')

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(gaps={self.gaps!r}, '
                f'first_frame={self.first_frame}, '
                f'min_frames={self.min_frames})')
