# Copyright (c) mmfer contributors.
import os.path as osp
from typing import Dict, Optional

import cv2

from mmfer.structures import PicturePrediction
from mmfer.visualization import FERVisualizer
from ..outputs import OutputError, writable_folder
from ..pictures import Picture

_HINT = ('check the space on the disk, and that OpenCV can write videos of '
         'type mp4v')


class DrawnPictures:
    """Annotated pictures and videos in a folder, named after their
    sources: ``NAME_faces.jpg``, ``NAME_faces.mp4``.

    Args:
        folder (str): The folder to write.
        visualizer (FERVisualizer): What draws.
        fps (float, optional): Frames per second of a video. Defaults to
            None, still pictures.

    Raises:
        OutputError: If nothing can be written there.
    """

    def __init__(self,
                 folder: str,
                 visualizer: FERVisualizer,
                 fps: Optional[float] = None) -> None:
        self.folder = writable_folder(folder)
        self.visualizer = visualizer
        self.fps = fps
        self._video: Optional[cv2.VideoWriter] = None
        self._frames = 0
        # Each name in use, and the last number given to it.
        self._names: Dict[str, int] = {}

    def write(self, picture: Picture, found: PicturePrediction) -> None:
        """Draw a picture."""
        if picture.image is None:
            return
        drawn = self.visualizer.draw_faces(
            picture.image, found.faces, columns=1 if self.fps else None)
        if self.fps is None:
            path = self._path(picture.source, '.jpg')
            good = cv2.imwrite(path, drawn)
        else:
            if self._video is None:
                self._video_path = self._path(picture.source, '.mp4')
                self._video = cv2.VideoWriter(
                    self._video_path, cv2.VideoWriter_fourcc(*'mp4v'),
                    self.fps, drawn.shape[1::-1])
            path, good = self._video_path, self._video.isOpened()
            self._video.write(drawn)
            self._frames += 1
        if not good:
            raise OutputError(f'{path}: cannot be written', hint=_HINT)

    def _path(self, source: str, ending: str) -> str:
        """A file of its own for each source, also of one name."""
        stem = name = osp.splitext(osp.basename(source))[0].strip('[]')
        # A number may make the name of another source.
        while name in self._names:
            self._names[stem] += 1
            name = f'{stem}_{self._names[stem]}'
        self._names[name] = 1
        # Never the name of the source itself.
        return osp.join(self.folder, f'{name}_faces{ending}')

    def close(self) -> None:
        """Finish the video.

        Raises:
            OutputError: If the file does not hold all its frames, as OpenCV
                reports no full disk.
        """
        if self._video is None:
            return
        self._video.release()
        video = cv2.VideoCapture(self._video_path)
        frames = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
        video.set(cv2.CAP_PROP_POS_FRAMES, self._frames - 1)
        readable = video.grab()
        video.release()
        if frames != self._frames or not readable:
            raise OutputError(
                f'{self._video_path}: holds {max(frames, 0)} of '
                f'{self._frames} frames', hint=_HINT)
