# Copyright (c) mmfer contributors.
"""What the doctor tries in an interpreter of its own.

Run as a script by :mod:`mmfer.analysis.doctor`: a broken package may end the
interpreter, so each result is written before the next probe begins. This file
imports nothing but the standard library until a probe runs.
"""
import importlib
import json
import os
import sys
import tempfile
from typing import Any, Callable, Dict, Tuple

ERROR_LENGTH = 400  # characters of an error message


def import_version(name: str) -> Callable[[], Dict[str, Any]]:
    """A probe that imports a module and tells its version and place."""

    def probe() -> Dict[str, Any]:
        module = importlib.import_module(name)
        return dict(
            version=str(getattr(module, '__version__', 'unknown')),
            path=os.path.dirname(module.__file__ or ''))

    return probe


def opencv() -> Dict[str, Any]:
    """Encode and decode a picture; look for the face detectors."""
    import cv2
    import numpy as np
    picture = np.full((8, 8, 3), 7, np.uint8)
    done, code = cv2.imencode('.png', picture)
    if not done or not (cv2.imdecode(code, 1) == picture).all():
        raise RuntimeError('a picture changes when it is written and read')
    return dict(
        version=cv2.__version__,
        haar=hasattr(cv2, 'CascadeClassifier'),
        yunet=hasattr(cv2, 'FaceDetectorYN'))


def torch() -> Dict[str, Any]:
    """Multiply two matrices; look for accelerators."""
    import torch
    eye = torch.eye(3)
    if not torch.equal(eye @ eye, eye):
        raise RuntimeError('a product of matrices is wrong')
    devices = [
        f'cuda:{i} {torch.cuda.get_device_name(i)}'
        for i in range(torch.cuda.device_count())
    ]
    if torch.backends.mps.is_available():
        devices.append('mps')
    return dict(
        version=torch.__version__, devices=devices, cuda=torch.version.cuda)


def torchvision() -> Dict[str, Any]:
    """Call a compiled operator, which a mismatched pair does not have."""
    import torch
    import torchvision
    boxes = torch.tensor([[0., 0, 10, 10], [1, 1, 10, 10], [20, 20, 30, 30]])
    kept = torchvision.ops.nms(boxes, torch.tensor([.9, .8, .7]), .5)
    if kept.tolist() != [0, 2]:
        raise RuntimeError(f'nms keeps the boxes {kept.tolist()}, not [0, 2]')
    return dict(version=torchvision.__version__)


def package_configs() -> Dict[str, Any]:
    """Inherit from a config of MMPretrain, with the fixes of mmfer."""
    import mmfer  # noqa: F401
    from mmengine import Config
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'child.py')
        with open(path, 'w') as file:
            file.write("_base_ = 'mmpretrain::_base_/default_runtime.py'\n")
        config = Config.fromfile(path)
    if config.get('default_scope') != 'mmpretrain':
        raise RuntimeError('the inherited config is not the one of mmpretrain')
    return {}


class Foreign:
    """Stands for code that a checkpoint must not be able to run."""

    def __reduce__(self) -> Tuple[Callable, Tuple[str, str]]:
        return os.path.join, ('foreign', 'code')


def safe_checkpoint() -> Dict[str, Any]:
    """Write and read a runner's checkpoint, with the fixes of mmfer."""
    import mmfer  # noqa: F401
    import numpy as np
    import torch
    from mmengine.logging import HistoryBuffer
    from mmengine.runner import CheckpointLoader
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'runner.pth')
        buffer = HistoryBuffer([1., 2.], [1, 1])
        content = dict(
            state_dict=dict(weight=torch.ones(2)),
            message_hub=dict(log_scalars=dict(loss=buffer)),
            meta=dict(best=np.float64(.5)))
        torch.save(content, path)
        loaded = CheckpointLoader.load_checkpoint(path, map_location='cpu')
        scalars = loaded['message_hub']['log_scalars']
        if scalars['loss'].mean() != buffer.mean():
            raise RuntimeError('the history of a run changes on its way')
        torch.save(dict(state_dict={}, meta=Foreign()), path)
        try:
            CheckpointLoader.load_checkpoint(path, map_location='cpu')
        except Exception:
            return dict(refuses_foreign_code=True)
    return dict(refuses_foreign_code=False)


# Name -> the probe and the probes that must have passed before.
PROBES: Dict[str, Tuple[Callable[[], Dict[str, Any]], Tuple[str, ...]]] = {
    'numpy': (import_version('numpy'), ()),
    'opencv': (opencv, ('numpy', )),
    'torch': (torch, ()),
    'torchvision': (torchvision, ('torch', )),
    'torchmetrics': (import_version('torchmetrics'), ('torch', )),
    'mmengine': (import_version('mmengine'), ('opencv', )),
    'mmcv': (import_version('mmcv'), ('mmengine', )),
    'mmpretrain': (import_version('mmpretrain'), ('torchvision', 'mmcv')),
    # Before mmfer, which may put a stand-in in its place.
    'pkg_resources': (import_version('pkg_resources'), ()),
    'mmfer': (import_version('mmfer'), ('mmpretrain', )),
    'package configs': (package_configs, ('mmfer', )),
    'safe checkpoints': (safe_checkpoint, ('mmfer', )),
    'mmcv.ops': (import_version('mmcv.ops'), ('mmcv', 'torch')),
}


def main(results: str, known: Dict[str, Any]) -> None:
    """Run the probes that are not known yet.

    Args:
        results (str): The file that gets one JSON line before and one after
            each probe.
        known (dict): Results of probes that ran in an earlier interpreter.
    """
    with open(results, 'a', encoding='utf-8') as file:

        def tell(**line: Any) -> None:
            file.write(json.dumps(line) + '\n')
            file.flush()

        for name, (probe, needs) in PROBES.items():
            if name in known:
                continue
            failed = [need for need in needs if not known[need]['passed']]
            tell(begin=name)
            if failed:
                result = dict(
                    passed=False, error=f'not tried, since {failed[0]} fails')
            else:
                try:
                    result = dict(passed=True, **probe())
                except (Exception, SystemExit) as error:
                    text = ' '.join(f'{type(error).__name__}: {error}'.split())
                    result = dict(passed=False, error=text[:ERROR_LENGTH])
            known[name] = result
            tell(end=name, result=result)


if __name__ == '__main__':
    # The folder of this file must not shadow other modules; the tree that it
    # belongs to serves where mmfer is not installed.
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if path != here]
    sys.path.append(os.path.dirname(os.path.dirname(here)))
    main(sys.argv[1], json.loads(sys.argv[2]))
