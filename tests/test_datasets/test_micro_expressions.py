# Copyright (c) mmfer contributors.
"""CASME II, SAMM, SMIC, CAS(ME)^3, DFME and the composite of MEGC 2019."""
import csv
import os

import numpy as np
import pytest
from torch.utils.data import DataLoader

from mmfer.datasets import (CASME2, CASME3, DFME, MEGC2019, SAMM, SMIC,
                            MicroExpressionDataset)
from mmfer.structures import AU_SETS, LABEL_SPACES, AnnotationError
from ..clip_toys import write_frames, write_xlsx

HEADER = ['Subject', 'Filename', 'OnsetFrame', 'ApexFrame', 'OffsetFrame',
          'Action Units', 'Estimated Emotion']
CASME2_ROWS = [
    ['04', 'EP12_01f', 46, 59, 86, '4+L10', 'disgust'],
    ['4.0', 'EP02_01', 3, '/', 9, 12, 'happiness'],
    ['05', 'EP03_02', 3, 5, 9, 'R1+R2', 'others'],
    ['05', 'EP05_09', 3, 5, 9, None, 'sadness'],
    ['06', 'EP05_09', 3, 5, 9, 4, 'repression'],
    ['06', 'EP06_01', 3, 5, 9, 4, 'surprise']]


def samples_of(dataset):
    return [dataset.get_data_info(i) for i in range(len(dataset))]


def classes_of(dataset):
    names = dataset.metainfo['classes']
    return [names[info['gt_label']] for info in samples_of(dataset)]


@pytest.fixture(autouse=True)
def no_frames_needed(monkeypatch, request):
    if 'frames' not in request.fixturenames:
        monkeypatch.setattr(MicroExpressionDataset, 'require_first_image',
                            False)


@pytest.fixture
def casme2(tmp_path):
    write_xlsx(tmp_path / CASME2.SHEET, [HEADER, *CASME2_ROWS])
    return str(tmp_path)


def test_casme2(casme2):
    dataset = CASME2(casme2)
    first, second, *_, last = samples_of(dataset)
    assert first['clip_path'] == os.path.join(casme2, 'sub04/EP12_01f')
    assert [first[k] for k in ('onset', 'apex', 'offset')] == [46, 59, 86]
    assert first['subject'] == second['subject'] == 'casme2/sub04'
    assert (first['source_set'], first['fps']) == ('casme2', 200)
    units = AU_SETS['casme2']
    assert first['gt_au'].tolist() == [float(u in (4, 10)) for u in units]
    assert np.isnan(samples_of(dataset)[3]['gt_au']).all()
    assert second['apex'] == -1 and last['apex'] == 5
    assert classes_of(dataset) == ['disgust', 'happiness', 'other', 'sadness',
                                   'repression', 'surprise']
    assert dataset.protocol()['notes'] == [
        'apex unknown in 1 of 6 clips: middle of onset and offset']
    five = CASME2(casme2, label_space='casme2_5')
    assert len(five) == 5 and five.dropped == dict(sadness=1)


def test_classes_of_the_composite(casme2):
    dataset = CASME2(casme2, three_classes=True)
    assert classes_of(dataset) == ['positive', 'negative', 'surprise']
    assert dataset.dropped == {'not in MEGC 2019': 1, 'other': 1,
                               'sadness': 1}


def test_folds_are_disjoint_by_subject(casme2):
    tests = [CASME2(casme2, 'test', fold=i, num_folds=3) for i in range(3)]
    people = [{s['subject'] for s in samples_of(d)} for d in tests]
    assert sorted(map(len, people)) == [1, 1, 1]
    assert len(set.union(*people)) == 3
    train = CASME2(casme2, 'train', fold=1, num_folds=3)
    assert len(train) == 6 - len(tests[1])
    left = CASME2(casme2, subjects=dict(exclude=['casme2/sub05']))
    assert len(left) == 4


def test_frames_out_of_order_may_be_forgotten(tmp_path):
    rows = [['01', 'a', 5, 4, 9, 4, 'fear'], ['01', 'b', 5, 6, 3, 4, 'fear']]
    write_xlsx(tmp_path / CASME2.SHEET, [HEADER, *rows])
    dataset = CASME2(str(tmp_path), bad_frames='forget')
    assert [[s[k] for k in ('onset', 'apex', 'offset')]
            for s in samples_of(dataset)] == [[5, -1, 9], [5, 6, -1]]
    assert dataset.notes[-1].startswith('apex or offset of 2 clips out of')


def test_samm(tmp_path):
    """Notes above the header, and cells that other sets do not have."""
    write_xlsx(tmp_path / 'SAMM.xlsx', [
        ['SAMM'], *([f'note {i}'] for i in range(12)),
        ['Subject', 'Filename', 'Inducement Code', 'Onset Frame',
         'Apex Frame', 'Offset Frame', 'Duration', 'Micro', 'Action Units',
         'Estimated Emotion', 'Objective Classes', 'Notes'],
        ['006', '006_1_2', 1, 5562, 5588, 5632, 71, 'Micro - 1/2', 'L14C',
         'Contempt', 3, None],
        [7, '007_3_1', 1, 1, 2, 3, 3, 'Micro', '2A+B24', 'Other', 7, 'x']])
    dataset = SAMM(str(tmp_path))
    first, second = samples_of(dataset)
    assert first['clip_path'].endswith('/006/006_1_2')
    assert second['subject'] == 'samm/007'
    units = AU_SETS['samm']
    assert np.array(units)[second['gt_au'] == 1].tolist() == [2, 24]
    assert classes_of(SAMM(str(tmp_path), three_classes=True)) == ['negative']


@pytest.mark.parametrize('clip_name, wanted', [
    (None, 's01/micro/positive/s01_po_02'),
    ('HS/{short_subject}/{short_clip}', 'HS/s1/s1_po_02')])
def test_smic(tmp_path, clip_name, wanted):
    write_xlsx(tmp_path / 'smic_apex.xlsx', [
        ['data', 'subject', 'clip', 'label', 'onset_frame', 'apex_frame',
         'offset_frame'],
        ['smic', 1, 's1_po_02', 1, 100, 107, 120],
        ['smic', 1, 's01_sur_01', 2, 100, 130, None]])
    dataset = SMIC(str(tmp_path), clip_name=clip_name)
    first, second = samples_of(dataset)
    assert first['clip_path'] == str(tmp_path / wanted)
    assert first['subject'] == 'smic/s01' and first['apex'] == -1
    assert second['offset'] == -1 and 'gt_au' in first
    assert classes_of(dataset) == ['positive', 'surprise']
    assert samples_of(SMIC(str(tmp_path), sheet_apex=True))[0]['apex'] == 107


def test_casme3_has_several_expressions_in_a_video(tmp_path):
    write_xlsx(tmp_path / 'casme3_table.xlsx', [
        ['Subject', 'Filename', 'Onset', 'Apex', 'Offset', 'AU',
         'Objective class', 'emotion'],
        ['spNO.1', 'a', '355', '359', '360', '5', 'II', 'Others'],
        ['spNO.1', 'a', '455', '459', '460', 'R12', 'I', 'happy'],
        ['spNO.12', 'b', '5', '7', '0', '4', 'I', 'sad']])
    dataset = CASME3(str(tmp_path))
    first, second, third = samples_of(dataset)
    assert first['clip_path'] == second['clip_path'] == str(
        tmp_path / 'spNO.1/a/color')
    assert third['subject'] == 'casme3/spNO.12' and third['offset'] == 9
    assert classes_of(dataset) == ['other', 'happiness', 'sadness']
    with pytest.raises(ValueError, match='CASME3 is no part of MEGC 2019'):
        CASME3(str(tmp_path), three_classes=True)


def dfme_rows(*subjects):
    rows = [['Subject', 'Filename', 'OnsetFrame', 'ApexFrame', 'OffsetFrame',
             'Emotion', 'EmotionId', 'Fps', 'AU']]
    names = LABEL_SPACES['dfme'].classes
    for i, subject in enumerate(subjects):
        rows.append([f'sub{subject:04d}', f'sub{subject:04d}_{i:02d}', 0, 4,
                     9, names[i % 7], i % 7, 500, '7+AD38'])
    return rows


@pytest.fixture
def dfme(tmp_path):
    for name, people in (('training_full_with_AU', (3, 3, 4, 5)),
                         ('testA_full_with_AU', (8, 9)),
                         ('testB_full_with_AU', (1, ))):
        write_xlsx(tmp_path / f'{name}.xlsx', dfme_rows(*people))
    return tmp_path


def test_dfme(dfme):
    sizes = {split: len(DFME(str(dfme), split))
             for split in ('train', 'test_a', 'test_b', 'all')}
    assert sizes == dict(train=4, test_a=2, test_b=1, all=7)
    first = samples_of(DFME(str(dfme), 'test_a'))[0]
    assert first['clip_path'] == str(dfme / 'test_data_A/sub0008_00')
    assert (first['subject'], first['fps']) == ('dfme/sub0008', 500)
    units = np.array(AU_SETS['dfme'])[first['gt_au'] == 1]
    assert units.tolist() == [7, 38]
    folds = [DFME(str(dfme), 'test', protocol='folds', num_folds=3, fold=i)
             for i in range(3)]
    assert sum(map(len, folds)) == 7
    assert folds[0].official_counts() is None
    assert sum(DFME(str(dfme), 'all').official_counts().values()) == 2629


MEGC = ('dataset,subject,clip,label3,uvos_img,onset,apex,offset,aus\n'
        'casme2,sub01,EP02_01f,1,uvos/a.png,46,59,86,12\n'
        'samm,006,006_1_2,0,uvos/b.png,1,2,3,4+L10\n'
        'smic,s01,s01_ne_01,0,uvos/c.png,1,2,,\n')


def test_megc2019(tmp_path):
    (tmp_path / 'megc2019_442.csv').write_text(MEGC)
    first, second, third = samples_of(MEGC2019(str(tmp_path)))
    assert first['img_path'] == str(tmp_path / 'uvos/a.png')
    assert [s['subject'] for s in (first, second, third)] == [
        'casme2/sub01', 'samm/006', 'smic/s01']
    assert [s['gt_label'] for s in (first, second, third)] == [1, 0, 0]
    assert np.isnan(third['gt_au']).all()
    assert second['gt_au'].sum() == 2
    clips = MEGC2019(str(tmp_path), picture=None, clip_name=dict(
        smic='HS/{subject}/{clip}'))
    assert [s['clip_path'][len(str(tmp_path)) + 1:] for s in samples_of(clips)
            ] == ['casme2/sub01/EP02_01f', 'samm/006/006_1_2',
                  'HS/s01/s01_ne_01']
    assert clips.notes == ['offset unknown in 1 of 3 clips: last frame']
    out = MEGC2019(str(tmp_path), subjects=dict(include=['samm/006']))
    assert len(out) == 1


@pytest.mark.parametrize('clip_name, message', [
    (dict(cas='{clip}'), r"unknown sets \['cas'\].*casme2"),
    (dict(smic='{short_clip}'), "'{short_clip}', but only .*'clip'")])
def test_bad_clip_name_of_megc2019(tmp_path, clip_name, message):
    (tmp_path / 'megc2019_442.csv').write_text(MEGC)
    with pytest.raises(ValueError, match=message):
        MEGC2019(str(tmp_path), picture=None, clip_name=clip_name)


@pytest.mark.parametrize('row, message', [
    ('samm,006,006_1_2,0,b.png,1,2,3,', 'line 5: .*stands in line 3 already'),
    ('casme,1,a,0,b.png,1,2,3,', "line 5: an unknown set: 'casme'"),
    ('samm,007,a,3,b.png,1,2,3,', "line 5: label3 lies outside .*'3'"),
    ('samm,007,a,1,b.png,1,x,3,', "line 5: apex is not a number: 'x'"),
], ids=['twice', 'set', 'label', 'apex'])
def test_bad_megc2019(tmp_path, row, message):
    (tmp_path / 'megc2019_442.csv').write_text(MEGC + row + '\n')
    with pytest.raises(AnnotationError, match=f'megc2019_442.csv, {message}'):
        MEGC2019(str(tmp_path))


@pytest.mark.parametrize('row, message', [
    (['01', 'a', 5, 4, 9, 4, 'fear'],
     r"out of order: \(5, 4, 9\).*bad_frames='forget'"),
    (['01', 'a', 5, 10, 9, 4, 'fear'], r'out of order: \(5, 10, 9\)'),
    (['x', 'a', 5, 6, 9, 4, 'fear'], "a subject without number: 'x'"),
    (['01', 'a', 5, 6, 9, 4, 'joyful'], "an unknown emotion: 'joyful'"),
    (['01', 'a', 5, 6, 9, '4+99', 'fear'], 'FACS has no number 99'),
    (['06', 'EP06_01', 3, 5, 9, 4, 'fear'], 'stands in line 7 already'),
], ids=['apex_early', 'apex_late', 'subject', 'emotion', 'units', 'twice'])
def test_bad_row(tmp_path, row, message):
    write_xlsx(tmp_path / CASME2.SHEET, [HEADER, *CASME2_ROWS, row])
    with pytest.raises(AnnotationError,
                       match=rf'CASME2-coding.*line 8: .*{message}'):
        CASME2(str(tmp_path))


def test_bad_subject_in_two_official_splits(dfme):
    write_xlsx(dfme / 'testB_full_with_AU.xlsx', dfme_rows(3))
    DFME(str(dfme), 'test_b')
    with pytest.raises(AnnotationError, match="of test_b that stands in train "
                       "as well: 'dfme/sub0003'"):
        DFME(str(dfme), 'all')


@pytest.mark.parametrize('kwargs, message', [
    (dict(protocol='loso'), 'official'), (dict(split='test'), "split 'test'"),
    (dict(sheets=dict(valid='a.xlsx')), r"\['valid'\].*test_a"),
    (dict(split='train', protocol='folds', fold=10), 'from 0 to 9')])
def test_bad_dfme_argument(dfme, kwargs, message):
    with pytest.raises(ValueError, match=message):
        DFME(str(dfme), **kwargs)


def test_bad_clip_name_of_smic(tmp_path):
    write_xlsx(tmp_path / 'smic_apex.xlsx', [
        ['subject', 'clip', 'label'], [1, 'ne_01', 0]])
    with pytest.raises(AnnotationError, match="s01_ne_01: 'ne_01'"):
        SMIC(str(tmp_path))


@pytest.fixture
def frames(casme2):
    return write_frames(f'{casme2}/sub04/EP12_01f', range(46, 50))


def test_bad_missing_files(casme2, frames):
    CASME2(casme2)
    with pytest.raises(FileNotFoundError, match='Cropped/sub04/EP12_01f: the '
                       'first clip of CASME2.*Hint: check .*clip_name'):
        CASME2(casme2, clip_name='Cropped/{subject}/{clip}')
    with pytest.raises(FileNotFoundError, match='b.csv.*Hint'):
        CASME2(casme2, sheet='b.csv')


# -- the released sheets

REAL = {
    CASME2: ('CASME2', 255, 26), SAMM: ('SAMM', 159, 29),
    SMIC: ('SMIC', 164, 16), CASME3: ('CASME3', 860, 94),
    DFME: ('DFME', 2629, 259)}


@pytest.mark.parametrize('kind', list(REAL), ids=lambda kind: kind.__name__)
def test_real_sheet(shared, kind):
    folder, size, people = REAL[kind]
    root = shared / 'data/micro/labels/Onset_Apex_Files' / folder
    dataset = kind(str(root), 'all')
    samples = samples_of(dataset)
    assert len(samples) == size
    assert len({s['subject'] for s in samples}) == people
    assert dataset.class_counts() == dataset.official_counts()
    if kind is DFME:
        for split, number in (('train', 1856), ('test_a', 474),
                              ('test_b', 299)):
            part = DFME(str(root), split)
            assert len(part) == number
            assert part.class_counts() == part.official_counts()


def test_real_composite(shared):
    """The list of 442 is what the three sheets give."""
    root = shared / 'data/micro'
    dataset = MEGC2019(str(root))
    assert dataset.class_counts() == dataset.official_counts()
    assert len({s['subject'] for s in samples_of(dataset)}) == 68
    units = np.stack([s['gt_au'] for s in samples_of(dataset)])
    assert (~np.isnan(units).all(1)).sum() == 278
    with open(root / 'megc2019_442.csv') as file:
        wanted = sorted((f"{row['dataset']}/{row['subject']}", row['clip'],
                         int(row['label3'])) for row in csv.DictReader(file))
    found = []
    for kind in (CASME2, SAMM, SMIC):
        sheets = root / 'labels/Onset_Apex_Files' / REAL[kind][0]
        found += [(s['subject'], os.path.basename(s['clip_path']),
                   s['gt_label'])
                  for s in samples_of(kind(str(sheets), three_classes=True))]
    assert sorted(found) == wanted


@pytest.fixture
def lost(tmp_path, monkeypatch):
    """CAS(ME)^3 with complete clips and such that lack frames."""
    monkeypatch.setattr(MicroExpressionDataset, 'require_first_image', True)
    (tmp_path / 'sheet.csv').write_text(
        'Subject;Filename;Onset;Apex;Offset;AU;emotion;\n\n'
        + ''.join(f'spNO.1;{clip};{onset};10;30;4;sad;\n' for clip, onset in (
            ('whole', 3), ('start', 3), ('apex', 3), ('inside', 3),
            ('none', 3))))
    there = dict(whole=range(1, 41), start=range(8, 41),
                 apex=[i for i in range(1, 41) if i not in (10, 11)],
                 inside=[i for i in range(1, 41) if i != 20],
                 none=range(50, 60))
    for clip, numbers in there.items():
        write_frames(tmp_path / f'spNO.1/{clip}/color', numbers)
    pipeline = [dict(type='OpenClip'), dict(type='OnsetApexOffsetFrames'),
                dict(type='ReadClip')]
    return lambda **kwargs: CASME3(str(tmp_path), sheet='sheet.csv',
                                   pipeline=pipeline, **kwargs)


def test_nearest_frames_for_lost_ones(lost):
    dataset = lost()
    assert [item['frame_times'].tolist() for item in dataset] == [
        [3, 10, 30], [8, 10, 30], [3, 9, 30], [3, 10, 30]]
    assert [info['onset'] for info in samples_of(dataset)] == [3] * 4
    assert dataset.protocol()['notes'] == [
        'lost frames: onset, apex or offset of 2 of 5 clips moved to the '
        'nearest frame, by at most 5; frames inside of 2 clips blended',
        'lost frames: 1 of 5 clips dropped']


def test_clips_with_lost_frames_dropped(lost):
    dataset = lost(lost_frames='drop')
    assert [info['clip_path'].split('/')[-2] for info in samples_of(dataset)
            ] == ['whole']
    assert dataset.notes == ['lost frames: 4 of 5 clips dropped']


def test_lost_frames_raise_or_skip(lost):
    dataset = lost(lost_frames='raise')
    with pytest.raises(AnnotationError, match="lost_frames='nearest'"):
        dataset[1]
    dataset = lost(lost_frames='raise', on_error='skip')
    loader = DataLoader(dataset, 1, num_workers=1, collate_fn=list)
    assert [item[0]['frame_times'][0] for item in loader] == [3] * 5
    assert dataset.failed.tolist() == [0, 1, 1, 1, 1]
    with pytest.raises(ValueError, match='lost_frames must be'):
        lost(lost_frames='forget')
