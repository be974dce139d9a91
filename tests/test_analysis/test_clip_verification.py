# Copyright (c) mmfer contributors.
from mmengine.config import Config

from mmfer.analysis import verify_config
from mmfer.datasets import CASME2
from ..clip_toys import write_frames, write_xlsx


def test_bad_clips_are_listed(tmp_path):
    """Absent, with a gap, with an offset that is not there."""
    write_xlsx(tmp_path / CASME2.SHEET, [
        ['Subject', 'Filename', 'Onset', 'Apex', 'Offset', 'Emotion'],
        *([f'{i:02d}', 'a', 1, 2, 3, 'disgust'] for i in range(1, 5))])
    for i, numbers in ((1, (1, 2, 3)), (2, (1, 3)), (3, (1, 2))):
        write_frames(tmp_path / f'sub{i:02d}/a', numbers)
    report = verify_config(Config(dict(train_dataloader=dict(
        dataset=dict(type='CASME2', data_root=str(tmp_path), pipeline=[])))))
    items, = [finding['items'] for finding in report['findings']
              if finding['check'] == 'unusable clip']
    problems = ('1 of the 3 frames', 'do not lie in this order', 'no such')
    assert len(items) == 3 and not report['passed']
    for number, (item, problem) in enumerate(zip(items, problems), 2):
        assert f'sub{number:02d}/a: ' in item and problem in item
