# Copyright (c) mmfer contributors.
import pytest

from mmfer.structures import ACTION_UNITS, AU_SETS, au_names

# As stated by the data sets and tools.
ORDERS = dict(
    affwild2='AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26',
    disfa='AU1,AU2,AU4,AU5,AU6,AU9,AU12,AU15,AU17,AU20,AU25,AU26')


@pytest.mark.parametrize('name', sorted(ORDERS))
def test_order(name):
    assert ','.join(au_names(name)) == ORDERS[name]


@pytest.mark.parametrize('name', sorted(AU_SETS))
def test_sets_are_ordered_and_known(name):
    units = AU_SETS[name]
    assert list(units) == sorted(set(units))
    assert set(units) <= set(ACTION_UNITS)
    assert au_names(name) == au_names(units)


def test_names():
    assert au_names([12, 6]) == ('AU12', 'AU6')
    assert au_names([]) == ()
    assert ACTION_UNITS[12] == 'lip corner puller'
    assert len(set(ACTION_UNITS.values())) == len(ACTION_UNITS)


@pytest.mark.parametrize('units, match', [
    ('disfa+', "'disfa\\+'.*bp4d"), ([12, 3], r'\[3\]'), ([0], r'\[0\]')],
    ids=['set', 'number', 'zero'])
def test_bad_units(units, match):
    with pytest.raises(KeyError, match=match):
        au_names(units)


def test_real_headers(shared):
    """Real output of OpenFace 2 and py-feat names the units in our order."""
    for file, name, prefix in (('OpenFace_Test.csv', 'openface2', 'AU%02d_r'),
                               ('Feat_Test.csv', 'pyfeat', 'AU%02d')):
        with open(shared / 'data/labels' / file) as table:
            header = [c.strip() for c in table.readline().split(',')]
        units = [c for c in header if c in {prefix % u for u in range(65)}]
        assert units == [prefix % u for u in AU_SETS[name]]
