# Copyright (c) mmfer contributors.
"""Reading of trees with one folder per class."""
import os
import os.path as osp
from collections import Counter
from typing import Dict, List, Optional

from mmfer.structures import AnnotationError
from .tables import require_folder

#: Endings of the images that are read.
IMAGE_SUFFIXES = ('.bmp', '.jfif', '.jp2', '.jpe', '.jpeg', '.jpg', '.pgm',
                  '.png', '.ppm', '.tif', '.tiff', '.webp')
#: Endings of images that are not read. Files with yet other endings
#: (Thumbs.db, readme.txt) are no images.
OTHER_IMAGE_SUFFIXES = ('.arw', '.avif', '.cr2', '.cr3', '.dng', '.gif',
                        '.heic', '.heif', '.hif', '.j2k', '.jpx', '.jxl',
                        '.jxr', '.nef', '.orf', '.pcx', '.psd', '.raf', '.svg',
                        '.tga')


def subfolders(root: str, hint: str) -> List[str]:
    """Names of the folders in ``root``, sorted; hidden ones are left out.

    Args:
        root (str): The folder to look into.
        hint (str): What the user can do if it is not there.

    Raises:
        FileNotFoundError: If there is no folder ``root``.
    """
    require_folder(root, hint)
    return sorted(name for name in os.listdir(root)
                  if not name.startswith('.') and osp.isdir(osp.join(
                      root, name)))


def images_in(folder: str, skipped: Optional[Counter] = None) -> List[str]:
    """Paths of all images in ``folder`` and below it, sorted.

    Hidden files and folders are left out, such as the ``._x.png`` that some
    archive tools leave behind.

    Args:
        folder (str): The folder.
        skipped (Counter, optional): Where to count images that are not read,
            by their ending. Defaults to None.
    """
    paths = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith('.')]
        for name in files:
            suffix = osp.splitext(name)[1].lower()
            if name.startswith('.'):
                continue
            if suffix in IMAGE_SUFFIXES:
                paths.append(osp.join(parent, name))
            elif skipped is not None and suffix in OTHER_IMAGE_SUFFIXES:
                skipped[suffix] += 1
    return sorted(paths)


def describe_skipped(skipped: Counter) -> str:
    """A note about images that are not read.

    Args:
        skipped (Counter): Their number by ending, not empty.

    Examples:
        >>> describe_skipped(Counter({'.heic': 3, '.avif': 1}))
        '4 files with other endings skipped: .avif, .heic'
    """
    return (f'{sum(skipped.values())} files with other endings skipped: '
            f'{", ".join(sorted(skipped))}')


def existing_path(path: str) -> str:
    """``path``, with slashes for backslashes if it is only there so."""
    if '\\' in path and not osp.exists(path):
        return path.replace('\\', '/')
    return path


def read_class_folders(root: str,
                       labels: Dict[str, int],
                       hint: str,
                       skipped: Optional[Counter] = None) -> List[dict]:
    """Samples of a tree ``root/CLASS/.../image``.

    Args:
        root (str): The folder that holds the class folders.
        labels (dict[str, int]): From the name of a folder to its class index.
        hint (str): What the user can do about a folder that is missing or
            has an unknown name.
        skipped (Counter, optional): See :func:`images_in`. Defaults to None.

    Returns:
        list[dict]: ``img_path`` and ``gt_label`` of every image, sorted by
        folder and path.

    Raises:
        FileNotFoundError: If there is no folder ``root``.
        AnnotationError: If a folder is not in ``labels`` or there is no image
            at all.
    """
    folders = subfolders(root, hint)
    unknown = [name for name in folders if name not in labels]
    if unknown:
        raise AnnotationError('unknown class folders', root, None, unknown,
                              f'known are {sorted(labels)}; {hint}')
    samples = [
        dict(img_path=path, gt_label=labels[name]) for name in folders
        for path in images_in(osp.join(root, name), skipped)
    ]
    if not samples:
        other = f'; {describe_skipped(skipped)}' if skipped else ''
        raise AnnotationError(f'no image in any class folder{other}', root,
                              None, folders, hint)
    return samples
