# Copyright (c) mmfer contributors.
"""Reading of trees with one folder per class."""
import os
import os.path as osp
from typing import Dict, List

from mmfer.structures import AnnotationError
from .tables import require_folder

# Files with other endings (Thumbs.db, readme.txt) are passed over.
IMAGE_SUFFIXES = ('.bmp', '.jpeg', '.jpg', '.pgm', '.png', '.ppm', '.tif',
                  '.tiff', '.webp')


def subfolders(root: str, remedy: str) -> List[str]:
    """Names of the folders in ``root``, sorted; hidden ones are left out.

    Args:
        root (str): The folder to look into.
        remedy (str): What the user can do if it is not there.

    Raises:
        FileNotFoundError: If there is no folder ``root``.
    """
    require_folder(root, remedy)
    return sorted(name for name in os.listdir(root)
                  if not name.startswith('.') and osp.isdir(osp.join(
                      root, name)))


def images_in(folder: str) -> List[str]:
    """Paths of all images in ``folder`` and below it, sorted.

    Hidden files and folders are left out, such as the ``._x.png`` that some
    archive tools leave behind.
    """
    paths = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith('.')]
        paths += [
            osp.join(parent, name) for name in files
            if not name.startswith('.')
            and name.lower().endswith(IMAGE_SUFFIXES)
        ]
    return sorted(paths)


def read_class_folders(root: str, labels: Dict[str, int],
                       remedy: str) -> List[dict]:
    """Samples of a tree ``root/CLASS/.../image``.

    Args:
        root (str): The folder that holds the class folders.
        labels (dict[str, int]): From the name of a folder to its class index.
        remedy (str): What the user can do about a folder that is missing or
            has an unknown name.

    Returns:
        list[dict]: ``img_path`` and ``gt_label`` of every image, sorted by
        folder and path.

    Raises:
        FileNotFoundError: If there is no folder ``root``.
        AnnotationError: If a folder is not in ``labels`` or there is no image
            at all.
    """
    folders = subfolders(root, remedy)
    unknown = [name for name in folders if name not in labels]
    if unknown:
        raise AnnotationError('unknown class folders', root, None, unknown,
                              f'known are {sorted(labels)}; {remedy}')
    samples = [
        dict(img_path=path, gt_label=labels[name]) for name in folders
        for path in images_in(osp.join(root, name))
    ]
    if not samples:
        raise AnnotationError('no image in any class folder', root, None,
                              folders, remedy)
    return samples
