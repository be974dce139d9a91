# Copyright (c) mmfer contributors.
import json
import os
import shutil
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple, Union

from mmengine.dataset import Compose
from torch.utils.data import DataLoader, Subset

from mmfer.errors import ConfigTypeError
from mmfer.locks import LOCK_FILE, lock_folder
from mmfer.registry import DATASETS, TRANSFORMS
from mmfer.structures import ImageError
from ..base_fer_dataset import BaseFERDataset
from .pack_writer import PackWriter

# Samples that are written, checksummed and, after a kill, kept together.
CHUNK = 1024
# Transforms that give the same picture whenever they are called.
_STEADY = ('LoadFERImage', 'LoadImageFromFile', 'DrawSyntheticFace',
           'FaceAlign', 'FacePad')


def steady_part(pipeline: List[dict]) -> List[dict]:
    """The transforms before the first that resizes or draws lots."""
    kept = []
    for transform in pipeline:
        if transform['type'] not in _STEADY:
            break
        kept.append(transform)
    return kept


def _plain(content: Any) -> Any:
    """``content`` as JSON knows it."""
    return json.loads(json.dumps(content, default=str))


class _Pictures:
    """The samples of a dataset after the steady part of its pipeline; the
    message in place of an unreadable one."""

    def __init__(self, dataset: Any, pipeline: List[dict]) -> None:
        self.dataset = dataset
        self.transforms = Compose([TRANSFORMS.build(t) for t in pipeline])

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Union[dict, str]:
        try:
            return self.transforms(self.dataset.get_data_info(index))
        except ImageError as error:
            return str(error)


def _empty(folder: str) -> None:
    """Delete what is in a locked folder."""
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry)
        elif entry.name != LOCK_FILE:
            os.remove(entry)


def pack_dataset(dataset_cfg: Dict[str, Any],
                 out: str,
                 size: Tuple[int, int],
                 skip_unreadable: bool = False,
                 overwrite: bool = False,
                 workers: int = 2,
                 progress: Optional[Callable[[Iterable, int, int],
                                             Iterable]] = None) -> int:
    """Write a dataset as raw pixels and an index of its annotations.

    The steady part of the pipeline (loading, alignment) is applied, then the
    faces are resized. Labels are kept in the dataset's own label space, so
    that one packed folder serves every label space. A folder that was begun
    and not finished is continued.

    Args:
        dataset_cfg (Dict[str, Any]): The dataset, as in a config.
        out (str): The folder to write.
        size (Tuple[int, int]): Height and width of the stored faces.
        skip_unreadable (bool): Whether to leave unreadable images out, and
            list them in the index, in place of stopping. Defaults to False.
        overwrite (bool): Whether to delete what is in the folder. Defaults
            to False.
        workers (int): Loader processes. Defaults to 2.
        progress (Callable, optional): Wraps the iteration over chunks; called
            with it, the number of samples, and the number done before.
            Defaults to None.

    Returns:
        int: The number of packed samples.

    Raises:
        TypeError: If it is not a reader of mmfer.
        ImageError: If an image is unreadable; the finished part is kept.
        AnnotationError: See :class:`PackWriter`.
        FolderInUseError: If another process packs into the folder.
        OSError: If the disk has not enough room.
    """
    kind = DATASETS.get(dataset_cfg['type'])
    if kind is None or not issubclass(kind, BaseFERDataset):
        raise ConfigTypeError(f"{dataset_cfg['type']} cannot be packed",
                              hint='pack the readers of mmfer one by one '
                              'and wrap the packed ones')
    # Labels are packed clean and in the dataset's own order.
    cfg = {k: v for k, v in dataset_cfg.items()
           if k not in ('label_space', 'noise')}
    pipeline = steady_part(cfg.pop('pipeline'))
    pipeline.append(dict(type='FaceResize', size=tuple(size)))
    cfg.pop('test_mode', None)
    dataset = DATASETS.build(dict(cfg, pipeline=[], test_mode=True))
    with lock_folder(out):
        if overwrite:
            _empty(out)
        writer = PackWriter(
            out, dict(dataset=_plain(cfg), pipeline=_plain(pipeline)),
            len(dataset), size)
        return _pack(writer, dataset, pipeline, skip_unreadable, workers,
                     progress)


def _pack(writer: PackWriter, dataset: BaseFERDataset, pipeline: List[dict],
          skip_unreadable: bool, workers: int,
          progress: Optional[Callable]) -> int:
    """Write what is not yet written; the number of packed samples."""
    pictures = _Pictures(dataset, pipeline)
    todo = Subset(pictures, range(writer.done, len(dataset)))
    chunks: Iterable[List[Union[dict, str]]] = DataLoader(
        todo, CHUNK, num_workers=min(workers, len(todo) // CHUNK + 1),
        collate_fn=list, prefetch_factor=1 if workers and len(todo) else None)
    if progress is not None:
        chunks = progress(chunks, len(dataset), writer.done)
    for chunk in chunks:
        bad = [item for item in chunk if isinstance(item, str)]
        if bad and not skip_unreadable:
            raise ImageError(f'{bad[0]}; {len(bad)} of the next {len(chunk)} '
                             'images cannot be read',
                             hint='mend them and run again, which goes on '
                             'from here, or leave them out with '
                             '--skip-unreadable')
        writer.write([r for r in chunk if not isinstance(r, str)], len(chunk),
                     bad)
    writer.finish(described=_plain(dataset.protocol()))
    return writer.done
