# Copyright (c) mmfer contributors.
import pickle

import numpy as np
import pytest

from mmfer.structures import (EXPRESSIONS, LABEL_SPACES, LabelSpace,
                              canonical_expression)

# The official orders, typed once more in the words of their sources.
ORDERS = dict(
    rafdb='surprise fear disgust happiness sadness anger neutral',
    affectnet8='neutral happy sad surprise fear disgust anger contempt',
    affectnet7='neutral happy sad surprise fear disgust anger',
    fer2013='angry disgust fear happy sad surprise neutral',
    ferplus='neutral happiness surprise sadness anger disgust fear contempt',
    ferplus7='neutral happiness surprise sadness anger disgust fear',
    ckplus='neutral anger contempt disgust fear happy sadness surprise',
    ckplus7='anger contempt disgust fear happy sadness surprise',
    ckplus48='anger disgust fear happy sadness surprise contempt',
    expw='angry disgust fear happy sad surprise neutral',
    sfew='Angry Disgust Fear Happy Neutral Sad Surprise',
    jaffe='AN DI FE HA NE SA SU',
    omg='anger disgust fear happy neutral sad surprise',
    synthetic='neutral happy sad surprise fear disgust anger contempt',
    abaw='Neutral Anger Disgust Fear Happiness Sadness Surprise Other',
    dfme='anger contempt disgust fear happiness sadness surprise',
    megc2019='negative positive surprise',
    smic='negative positive surprise',
    casme2='happiness disgust repression surprise others sadness fear',
    casme2_5='happiness disgust repression surprise others',
    samm='Anger Contempt Happiness Surprise Other Disgust Fear Sadness',
    samm_5='Anger Contempt Happiness Surprise Other',
    casme3='disgust surprise Others fear anger sad happy',
    rafdb_compound='happily-surprised happily-disgusted sadly-fearful '
    'sadly-angry sadly-surprised sadly-disgusted fearfully-angry '
    'fearfully-surprised angrily-surprised angrily-disgusted '
    'disgustedly-surprised')


@pytest.mark.parametrize('name', sorted(ORDERS))
def test_official_order(name):
    space = LabelSpace.get(name)
    assert space.name == name
    for index, word in enumerate(ORDERS[name].split()):
        assert space.index(word) == index and word in space
    assert len(space) == index + 1
    assert set(space.classes) <= set(EXPRESSIONS)


def test_every_space_is_checked():
    assert set(ORDERS) == set(LABEL_SPACES)
    assert len(set(EXPRESSIONS)) == len(EXPRESSIONS)


@pytest.mark.parametrize('name, canonical', [
    ('Happy', 'happiness'), (' JOY ', 'happiness'), ('sad', 'sadness'),
    ('Surprised', 'surprise'), ('afraid', 'fear'), ('Disgusted', 'disgust'),
    ('ANGRY', 'anger'), ('others', 'other'), ('Neutrality', 'neutral'),
    ('Happily Surprised', 'happily_surprised'),
    ('sadly-angry', 'sadly_angry'), ('Very bored', 'very_bored')])
def test_canonical_expression(name, canonical):
    assert canonical_expression(name) == canonical
    assert canonical_expression(canonical) == canonical


@pytest.mark.parametrize('name', EXPRESSIONS)
def test_canonical_names_stay(name):
    assert canonical_expression(name) == name


@pytest.mark.parametrize('source', sorted(LABEL_SPACES))
@pytest.mark.parametrize('target', sorted(LABEL_SPACES))
def test_map_to(source, target):
    source, target = LabelSpace.get(source), LabelSpace.get(target)
    common = [c for c in source.classes if c in target.classes]
    assert source.missing_from(target) == [
        c for c in source.classes if c not in common]
    if not common:
        with pytest.raises(ValueError, match='share no class'):
            source.map_to(target)
        return
    mapping = source.map_to(target)
    assert mapping.dtype == np.int64 and mapping.shape == (len(source), )
    for index, name in enumerate(source.classes):
        if name in common:
            assert target.classes[mapping[index]] == name
        else:
            assert mapping[index] == -1


def test_two_known_swaps():
    """The mistakes that cost users whole points."""
    rafdb, affectnet = LabelSpace.get('rafdb'), LabelSpace.get('affectnet7')
    assert rafdb.map_to(affectnet).tolist() == [3, 4, 5, 1, 2, 6, 0]
    assert LabelSpace.get('fer2013').map_to(
        LabelSpace.get('ferplus')).tolist() == [4, 5, 6, 1, 3, 2, 0]


def test_custom_space():
    space = LabelSpace.get(['Happy', 'very bored'])
    assert space.name == 'custom'
    assert space.classes == ('happiness', 'very_bored')
    assert space.index('Very-Bored') == 1
    assert LabelSpace.get(space) is space


def test_equality_is_that_of_the_classes():
    sfew, jaffe = LabelSpace.get('sfew'), LabelSpace.get('jaffe')
    assert sfew == jaffe and hash(sfew) == hash(jaffe)
    assert sfew != LabelSpace.get('fer2013') and sfew != sfew.classes
    assert pickle.loads(pickle.dumps(sfew)) == sfew
    assert "'sfew'" in repr(sfew) and 'sadness' in repr(sfew)


@pytest.mark.parametrize('make, error, match', [
    (lambda: LabelSpace.get('raf'), KeyError, "'raf'.*rafdb"),
    (lambda: LabelSpace('x', []), ValueError, "'x' has no classes"),
    (lambda: LabelSpace('x', ['sad', 'anger', 'Sadness']), ValueError,
     "'sadness'.*twice"),
    (lambda: LabelSpace.get('rafdb').index('contempt'), KeyError,
     "'contempt'.*'rafdb'.*surprise"),
    (lambda: LabelSpace.get('rafdb').index(''), KeyError, 'rafdb'),
    (lambda: LabelSpace.get(['a']).map_to(LabelSpace.get('rafdb')),
     ValueError, "custom.*rafdb"),
], ids=['unknown space', 'no class', 'class twice', 'class not in space',
        'empty name', 'nothing in common'])
def test_bad_label_space(make, error, match):
    with pytest.raises(error, match=match):
        make()
