# Copyright (c) mmfer contributors.
import os.path as osp
from typing import Any, Dict, List, Optional, Sequence, Union

from mmfer.registry import DATASETS
from mmfer.structures import (EXPRESSIONS, AnnotationError, LabelSpace,
                              canonical_expression)
from .base_fer_dataset import BaseFERDataset
from .folders import read_class_folders, subfolders

_SPLITS = ('train', 'val', 'valid', 'test')


@DATASETS.register_module()
class FERFolder(BaseFERDataset):
    """A dataset of your own: one folder per expression.

    ::

        data_root                    data_root
        ├── happy                    ├── train
        │   ├── 1.jpg                │   ├── happy
        │   └── ...         or       │   └── ...
        └── sad                      └── test

    Images may lie in folders below the class folders. A folder may carry any
    known spelling of an expression, ``happy``, ``Happiness`` or ``joy``; for
    other names, such as numbers or classes of your own, give ``classes``.

    Without ``label_space`` the classes are those found in all splits on
    disk, in the order of ``classes`` or else of
    ``mmfer.structures.EXPRESSIONS``.

    Args:
        data_root (str): The folder above.
        split (str): ``'all'`` takes the class folders in ``data_root``
            itself; ``'train'``, ``'val'``, ``'valid'`` or ``'test'`` those in
            the folder of this name. Defaults to ``'all'``.
        classes (Sequence[str] or dict[str, str], optional): The names of the
            class folders in the order of their indices, or a dict from each
            folder to its expression. Defaults to None.
        **kwargs: See :class:`BaseFERDataset`.

    Raises:
        AnnotationError: If a folder has an unknown name or there is no image.
        FileNotFoundError: If the folder of the split is missing.

    Examples:
        >>> FERFolder('my_faces', split='train')  # doctest: +SKIP
        >>> FERFolder('raf', classes={'1': 'surprise', '2': 'fear'})
        ...     # doctest: +SKIP
    """

    SPLITS = ('all', ) + _SPLITS

    def __init__(self,
                 data_root: str,
                 split: str = 'all',
                 classes: Union[Sequence[str], Dict[str, str], None] = None,
                 **kwargs: Any) -> None:
        if isinstance(classes, str):
            raise ValueError('classes must be a list or a dict of folder '
                             f'names, got {classes!r}')
        self.data_root = data_root
        self.folder_classes: Optional[Dict[str, str]] = None
        if classes is not None:
            pairs = classes.items() if isinstance(classes, dict) else zip(
                classes, classes)
            self.folder_classes = {
                str(folder): canonical_expression(name)
                for folder, name in pairs
            }
        super().__init__(data_root=data_root, split=split, **kwargs)

    @property
    def native_space(self) -> LabelSpace:
        """The classes given, or those of the folders on disk."""
        if self.folder_classes is not None:
            return LabelSpace('custom', list(
                dict.fromkeys(self.folder_classes.values())))
        roots = [self._root(self.split)]
        if self.split != 'all':
            # All splits count, so that their class indices agree.
            roots += [
                self._root(split) for split in _SPLITS
                if osp.isdir(self._root(split))
            ]
        found = set()
        for root in roots:
            found.update(self._folder_names(root).values())
        return LabelSpace('custom', [e for e in EXPRESSIONS if e in found])

    def load_samples(self) -> List[dict]:
        """Read the class folders of the split."""
        root = self._root(self.split)
        space = self.native_space
        names = self.folder_classes or self._folder_names(root)
        return read_class_folders(
            root, {folder: space.index(name)
                   for folder, name in names.items()},
            'name every folder in classes=', self.skipped)

    def _root(self, split: str) -> str:
        """The folder that holds the class folders of a split."""
        if split == 'all':
            return self.data_root
        return osp.join(self.data_root, split)

    def _folder_names(self, root: str) -> Dict[str, str]:
        """From the class folders in ``root`` to known expressions."""
        folders = subfolders(root, 'FERFolder wants data_root/CLASS/*.jpg, or '
                             'data_root/SPLIT/CLASS/*.jpg with split=SPLIT')
        if not folders:
            raise AnnotationError('no class folder in it', root)
        names = {name: canonical_expression(name) for name in folders}
        unknown = [f for f, name in names.items() if name not in EXPRESSIONS]
        if unknown and self.split == 'all' and set(folders) & set(_SPLITS):
            raise AnnotationError(
                'folders of splits where class folders belong', root, None,
                unknown, "give split='train' and so on")
        if unknown:
            raise AnnotationError(
                'unknown class folders', root, None, unknown,
                f'known are {list(EXPRESSIONS)}; give classes= with your '
                'folder names in the order of the indices, or as a dict from '
                'folder to expression')
        return names
