# Copyright (c) mmfer contributors.
from typing import Optional

import cv2

from mmfer.structures import PicturePrediction
from mmfer.visualization import FERVisualizer
from ..outputs import OutputError, require_display
from ..pictures import Picture


class Window:
    """Annotated pictures on the screen; a key goes on, q ends.

    Args:
        visualizer (FERVisualizer): What draws.
        fps (float, optional): Of a video, which goes on by itself. Defaults
            to None, still pictures.

    Raises:
        OutputError: If there is no screen.
    """

    title = 'mmfer'

    def __init__(self,
                 visualizer: FERVisualizer,
                 fps: Optional[float] = None) -> None:
        require_display('--out-dir')
        self.visualizer = visualizer
        self.fps = fps
        self._open = False

    def write(self, picture: Picture, found: PicturePrediction) -> None:
        """Show a picture.

        Raises:
            KeyboardInterrupt: If q is pressed.
            OutputError: If OpenCV was built without windows.
        """
        if picture.image is None:
            return
        drawn = self.visualizer.draw_faces(
            picture.image, found.faces, columns=1 if self.fps else None)
        try:
            cv2.imshow(self.title, drawn)
            key = cv2.waitKey(1 if self.fps else 0)
            self._open = True
        except cv2.error:
            raise OutputError('this OpenCV shows no windows',
                              hint='pip install opencv-python in '
                              'place of opencv-python-headless, '
                              'or write pictures with --out-dir') from None
        if key & 0xff == ord('q'):
            raise KeyboardInterrupt

    def close(self) -> None:
        """Close the window."""
        if self._open:
            cv2.destroyWindow(self.title)
