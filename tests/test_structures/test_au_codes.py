# Copyright (c) mmfer contributors.
import csv
import math
import re
from collections import Counter

import numpy as np
import pytest

from mmfer.structures import (AnnotationError, AUCode, au_occurrence,
                              parse_au_string)


@pytest.mark.parametrize('text, codes', [
    ('12', [(12, '', '')]),
    ('4+L10', [(4, '', ''), (10, 'L', '')]),
    ('R1+R2', [(1, 'R', ''), (2, 'R', '')]),
    ('T23', [(23, 'T', '')]),
    ('B22', [(22, 'B', '')]),
    ('15A+17', [(15, '', 'A'), (17, '', '')]),
    (' L12 + 61 ', [(12, 'L', ''), (61, '', '')]),
    ('1A+2B+L14C', [(1, '', 'A'), (2, '', 'B'), (14, 'L', 'C')]),
    ('A12', [(12, 'A', '')]), ('A/L12', [(12, 'A/L', '')]),
    ('A14C', [(14, 'A', 'C')]), ('10A/B', [(10, '', 'A/B')]),
    ('4+7+AD38', [(4, '', ''), (7, '', ''), (38, '', '')]),
    ('AU4+M58', [(4, '', ''), (58, '', '')]),
    ('l12c', [(12, 'L', 'C')]),
    ('R14+17+soft focus', [(14, 'R', ''), (17, '', '')]),
])
def test_parts(text, codes):
    assert parse_au_string(text) == tuple(AUCode(*code) for code in codes)


@pytest.mark.parametrize('text, sure, unsure', [
    ('4D+ref(6)+7C+43E', {4, 7, 43}, {6}),
    ('7B+ ref(43)', {7}, {43}),
    ('ref(L10)+A12B', {12}, {10}),
    ('(R6 or R12) + R15', {15}, {6, 12}),
    ('R14A or 17A or 24A', set(), {14, 17, 24}),
    ('(4)', {4}, set()),
])
def test_uncertain_parts(text, sure, unsure):
    codes = parse_au_string(text)
    assert {c.number for c in codes if c.certain} == sure
    assert {c.number for c in codes if not c.certain} == unsure


def test_level():
    levels = [code.level for code in parse_au_string('1A+2E+4B/C+5')]
    assert levels[:3] == [1, 5, 2.5] and math.isnan(levels[3])


def test_occurrence():
    codes = parse_au_string('4+L12 or L14+L1+R1+12')
    found = au_occurrence(codes, [1, 2, 4, 12, 14])
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [1, 0, 1, 1, np.nan])


def test_real_strings(shared):
    """All 278 strings of CASME II and SAMM; frequencies as counted apart."""
    with open(shared / 'data/micro/megc2019_442.csv') as file:
        texts = [row['aus'] for row in csv.DictReader(file) if row['aus']]
    assert len(texts) == 278
    codes = [parse_au_string(text) for text in texts]
    counts = Counter(number for row in codes
                     for number in {code.number for code in row})
    assert [counts[u] for u in (4, 7, 12, 17)] == [82, 76, 60, 28]
    for text, row in zip(texts, codes):
        assert [code.number for code in row] == [
            int(digits) for digits in re.findall(r'\d+', text)]


@pytest.mark.parametrize('text, message', [
    ('', "a.csv, line 7: no action unit where one belongs: ''"),
    ('4++7', 'no action unit where one belongs'), ('4+', 'where one belongs'),
    ('happy', "no action unit in it: 'happy'"), ('/', 'no action unit in it'),
    ('4,7', "'4,7' is no action unit"), ('L', 'no action unit in it'),
    ('Q12', "'Q12' is no action unit, such as 12, L12 or 12B: '4.Q12'"),
    ('12F', "'12F' is no"), ('L R12', "'L R12' is no"),
    ('3', 'FACS has no number 3'), ('1+120', 'FACS has no number 120'),
    ('4-7', "'4-7' is no"),
])
def test_bad_string(text, message):
    text = '4+' + text if text == 'Q12' else text
    with pytest.raises(AnnotationError, match=message):
        parse_au_string(text, 'a.csv', 7)
