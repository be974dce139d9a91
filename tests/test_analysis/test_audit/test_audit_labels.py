# Copyright (c) mmfer contributors.
"""A whole audit of a toy set, half of whose classes are told by brightness."""
import base64
import csv
import html
import json
import re
import shutil
import subprocess

import cv2
import numpy as np
import pytest
from mmengine.runner import CheckpointLoader

from mmfer.analysis.audit import (apply_decisions, audit_labels, audit_rows,
                                  find_copies, label_files, read_labels,
                                  write_label_files, write_page)
from mmfer.analysis.audit.page import thumbnail
from mmfer.analysis.class_tables import write_rows
from mmfer.apis.run import load_config, prepare_config

BY_HAND = '''<script>
form.elements.given.value = '%s';
form.dispatchEvent(new Event('input'));
const select = document.querySelector('li select');
select.value = '%s';
select.dispatchEvent(new Event('change'));
URL.createObjectURL = blob => {
  blob.text().then(text => { document.body.dataset.saved = text; });
  return '#';
};
save.click();
</script>'''
SIGNALS = ['probability', 'neighbors', 'duplicates']


@pytest.fixture(scope='module')
def audited(trained, tmp_path_factory):
    """An audit under noise that the model has not seen; two samples show the
    same picture, with different labels."""
    folder = tmp_path_factory.mktemp('audit')
    shutil.copytree(trained.data, folder / 'data')
    images = folder / 'data/data/FER2013Train'
    shutil.copy(images / 'fer0000000.png', images / 'fer0000009.png')
    cfg = load_config(str(trained.config))
    cfg.train_dataloader.dataset.update(
        data_root=str(folder / 'data'),
        noise=dict(type='SymmetricNoise', ratio=0.2, seed=2))
    cfg.train_dataloader.dataset = dict(
        type='RepeatDataset', times=3, dataset=cfg.train_dataloader.dataset)
    prepare_config(cfg, work_dir=str(folder / 'run'))
    return folder, audit_labels(cfg, str(trained.checkpoint), SIGNALS)


def test_every_sample_once_with_its_noise(audited):
    _, audit = audited
    assert len(audit.predictions.labels) == 32
    assert audit.clean.tolist() == [i % 8 for i in range(32)]
    wrong = audit.clean != audit.predictions.labels
    assert 0 < wrong.sum() < 16
    assert audit.missing == {} and list(audit.signals) == SIGNALS
    quality = audit.quality()
    assert set(quality) == {'all signals', *SIGNALS}
    # Faces of a class are equally bright, which any network sees.
    assert quality['neighbors']['auc'] > .8


def test_copies_are_found(audited):
    _, audit = audited
    assert find_copies(audit.predictions.dataset) == [[0, 9]]
    labels = audit.predictions.labels[[0, 9]]
    expected = 0.5 if labels[0] != labels[1] else 0
    suspicion = audit.signals['duplicates'].suspicion
    assert suspicion[[0, 9]].tolist() == [expected] * 2
    assert np.isnan(np.delete(suspicion, [0, 9])).all()


def test_table_and_page(audited):
    folder, audit = audited
    labels = audit.predictions.labels
    corrected = np.where(np.arange(32) < 4, audit.clean, labels)
    rows = audit_rows(audit, label_files(audit.predictions.dataset),
                      corrected)
    write_rows(rows, str(folder / 'audit.csv'))
    with open(folder / 'audit.csv', newline='') as file:
        read = list(csv.DictReader(file))
    assert [int(row['index']) for row in read] == (
        audit.ranking.order.tolist())
    row = next(row for row in read if row['index'] == '3')
    classes = audit.predictions.classes
    assert row['name'] == 'data/FER2013Train/fer0000003.png'
    assert row['clean'] == row['corrected'] == classes[3]
    assert row['given'] == classes[labels[3]]
    assert row['duplicates'] == '' and 0 <= float(row['probability']) <= 1

    evil = '</script><script>alert(1)</script>'
    rows[0]['name'] = evil
    write_page(audit, rows[:5], str(folder / 'audit.html'), 'Audit & co.',
               {'config': '<toy>'})
    page = (folder / 'audit.html').read_text()
    assert evil not in page and '&lt;toy&gt;' in page
    assert 'Audit &amp; co.' in page
    assert not re.search(r'(src|href)="?(http|//)', page)
    data = json.loads(re.search(
        r'<script type="application/json" id="data">(.*?)</script>', page,
        re.DOTALL)[1])
    assert [sample['rank'] for sample in data['samples']] == [1, 2, 3, 4, 5]
    assert data['samples'][0]['name'] == evil
    assert [s['name'] for s in data['signals']] == SIGNALS
    head, image = data['samples'][0]['image'].split(',')
    assert head == 'data:image/jpeg;base64'
    raw = np.frombuffer(base64.b64decode(image), np.uint8)
    assert cv2.imdecode(raw, cv2.IMREAD_COLOR).shape == (24, 24, 3)


@pytest.mark.parametrize('dtype', [np.uint8, np.float32])
@pytest.mark.parametrize('channels', [1, 2, 3])
def test_thumbnail_of_a_clip_is_its_middle(channels, dtype):
    """Of a flow as well, whose values lie around 0."""
    clip = np.zeros((channels, 5, 24, 40), dtype)
    clip[:, 2, :, 20:] = 255 if dtype == np.uint8 else .5
    if dtype == np.float32:
        clip[:, 2, :, :20] = -.5
    for inputs in (clip, clip[:, 2]):
        raw = base64.b64decode(thumbnail(inputs).split(',')[1])
        shown = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR)
        assert shown.shape == (24, 40, 3)
        assert shown[:, 4:16].max() < 20
        assert shown[:, 24:36, :channels].min() > 235


def test_page_in_a_browser(audited, tmp_path):
    """Filters, and decisions that come back to the labels."""
    browser = shutil.which('chromium') or shutil.which('google-chrome')
    if browser is None:
        pytest.skip('needs chromium')
    _, audit = audited
    labels, classes = audit.predictions.labels, audit.predictions.classes
    files = label_files(audit.predictions.dataset)
    rows = audit_rows(audit, files, labels)
    page = tmp_path / 'audit.html'
    write_page(audit, rows, str(page), 'Audit', {})
    with open(page, 'a') as file:
        file.write(BY_HAND % (classes[2], classes[5]))
    seen = subprocess.run(
        [browser, '--headless', '--no-sandbox', '--disable-gpu', '--dump-dom',
         '--virtual-time-budget=2000', f'--user-data-dir={tmp_path}',
         page.as_uri()],
        capture_output=True, text=True, timeout=120).stdout
    number = int((labels == 2).sum())
    assert seen.count('<li class="card">') == number
    assert (f'{number} of {number} chosen samples are shown, 32 are on this '
            'page; 1 decided by hand') in seen
    first = next(row for row in rows if row['given'] == classes[2])
    saved = html.unescape(re.search('data-saved="(.*?)"', seen, re.DOTALL)[1])
    (tmp_path / 'decisions.csv').write_text(saved)
    path, = write_label_files(files, labels, str(tmp_path))
    before = read_labels(path)
    after = apply_decisions(before, str(tmp_path / 'decisions.csv'),
                            'labels.csv')
    assert after == {**before, first['name']: classes[5]}


def test_what_cannot_be_had_is_told(trained, tmp_path):
    """And without a checkpoint that fits, there is nothing at all."""
    cfg = prepare_config(load_config(str(trained.config)),
                         work_dir=str(tmp_path))
    checkpoint = CheckpointLoader.load_checkpoint(str(trained.checkpoint))
    assert not any('bank' in key for key in checkpoint['state_dict'])
    audit = audit_labels(cfg, str(trained.checkpoint))
    assert audit.clean is None and audit.quality() == {}
    assert 'no label bank' in audit.missing['history']
    assert 'no confidence' in audit.missing['confidence']
    assert 'no two samples' in audit.missing['duplicates']
    assert {'probability', 'neighbors'} <= set(audit.signals)


@pytest.mark.parametrize('case', ['name', 'signal', 'checkpoint', 'fit'])
def test_bad_audit(trained, tmp_path, case):
    cfg = prepare_config(load_config(str(trained.config)),
                         work_dir=str(tmp_path))
    checkpoint, signals = str(trained.checkpoint), ['probability']
    error, message = ValueError, 'unknown signals'
    if case == 'name':
        signals = ['votes']
    elif case == 'signal':
        signals, message = ['history'], 'signal history: .*no label bank'
    elif case == 'checkpoint':
        checkpoint = 'absent.pth'
        error, message = FileNotFoundError, 'no such checkpoint. Hint'
    else:
        cfg.model.head.num_classes = 7
        error, message = RuntimeError, 'does not fit the model.*Hint'
    with pytest.raises(error, match=message):
        audit_labels(cfg, checkpoint, signals)
