# Copyright (c) mmfer contributors.
from typing import Dict, List, Sequence, Tuple, Union

import numpy as np

# Every expression name that mmfer knows. Order carries no meaning here.
EXPRESSIONS: Tuple[str, ...] = (
    'neutral', 'happiness', 'sadness', 'surprise', 'fear', 'disgust', 'anger',
    'contempt', 'other', 'repression', 'negative', 'positive',
    'happily_surprised', 'happily_disgusted', 'sadly_fearful', 'sadly_angry',
    'sadly_surprised', 'sadly_disgusted', 'fearfully_angry',
    'fearfully_surprised', 'angrily_surprised', 'angrily_disgusted',
    'disgustedly_surprised')

# Other spellings found in published annotation files and folder names.
_ALIASES: Dict[str, str] = {
    'neutrality': 'neutral', 'ne': 'neutral',
    'happy': 'happiness', 'joy': 'happiness', 'ha': 'happiness',
    'sad': 'sadness', 'sa': 'sadness',
    'surprised': 'surprise', 'su': 'surprise',
    'fearful': 'fear', 'afraid': 'fear', 'fe': 'fear',
    'disgusted': 'disgust', 'di': 'disgust',
    'angry': 'anger', 'an': 'anger',
    'contemptuous': 'contempt', 'others': 'other',
}  # yapf: disable


def canonical_expression(name: str) -> str:
    """The canonical spelling of an expression name.

    Args:
        name (str): A name in any case, with blanks or hyphens allowed, for
            example ``'Happy'`` or ``'Happily Surprised'``.

    Returns:
        str: The canonical name, for example ``'happiness'``. A name that is
        not known is returned in lower case with underscores, so that users
        can have classes of their own.
    """
    key = '_'.join(str(name).strip().lower().replace('-', ' ').split())
    return _ALIASES.get(key, key)


class LabelSpace:
    """An ordered set of expression classes.

    Args:
        name (str): The name of the label space, for messages.
        classes (Sequence[str]): Expression names in the order of their
            indices. Known aliases are brought to their canonical spelling.

    Raises:
        ValueError: If there is no class or a class stands in it twice.

    Examples:
        >>> space = LabelSpace.get('rafdb')
        >>> space.index('happy')
        3
        >>> space.map_to(LabelSpace.get('affectnet7'))
        array([3, 4, 5, 1, 2, 6, 0])
    """

    def __init__(self, name: str, classes: Sequence[str]) -> None:
        self.name = name
        self.classes = tuple(canonical_expression(c) for c in classes)
        if not self.classes:
            raise ValueError(f'label space {name!r} has no classes')
        twice = sorted({c for c in self.classes if self.classes.count(c) > 1})
        if twice:
            raise ValueError(f'label space {name!r} names {twice} twice: '
                             f'{list(self.classes)}')

    @classmethod
    def get(cls, space: Union[str, Sequence[str], 'LabelSpace']
            ) -> 'LabelSpace':
        """A label space by its name, from a list of classes, or as it is.

        Raises:
            KeyError: If the name is not a known label space.
        """
        if isinstance(space, LabelSpace):
            return space
        if isinstance(space, str):
            if space not in LABEL_SPACES:
                raise KeyError(
                    f'unknown label space {space!r}; known: '
                    f'{sorted(LABEL_SPACES)}; a list of class names is '
                    'accepted too')
            return LABEL_SPACES[space]
        return cls('custom', space)

    def __len__(self) -> int:
        return len(self.classes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LabelSpace) and self.classes == other.classes

    def __hash__(self) -> int:
        return hash(self.classes)

    def __contains__(self, name: str) -> bool:
        return canonical_expression(name) in self.classes

    def __repr__(self) -> str:
        return f'LabelSpace({self.name!r}, {list(self.classes)})'

    def index(self, name: str) -> int:
        """The index of an expression.

        Raises:
            KeyError: If the expression is not part of this label space.
        """
        canonical = canonical_expression(name)
        if canonical not in self.classes:
            raise KeyError(f'expression {name!r} is not in label space '
                           f'{self.name!r} {list(self.classes)}')
        return self.classes.index(canonical)

    def map_to(self, target: 'LabelSpace') -> np.ndarray:
        """Indices of this space expressed in another, by name.

        Args:
            target (LabelSpace): The wanted label space.

        Returns:
            np.ndarray: int64 of shape ``(len(self), )``; -1 where the target
            lacks the class.

        Raises:
            ValueError: If the two spaces share no class.
        """
        mapping = np.array([
            target.classes.index(c) if c in target.classes else -1
            for c in self.classes
        ], dtype=np.int64)
        if (mapping < 0).all():
            raise ValueError(f'{self!r} and {target!r} share no class')
        return mapping

    def missing_from(self, other: 'LabelSpace') -> List[str]:
        """Classes of this space that another one lacks."""
        return [c for c in self.classes if c not in other.classes]


_EIGHT = ('neutral', 'happiness', 'sadness', 'surprise', 'fear', 'disgust',
          'anger', 'contempt')

# The official order of each dataset.
LABEL_SPACES: Dict[str, LabelSpace] = {
    name: LabelSpace(name, classes)
    for name, classes in dict(
        rafdb=('surprise', 'fear', 'disgust', 'happiness', 'sadness', 'anger',
               'neutral'),
        rafdb_compound=EXPRESSIONS[12:23],
        affectnet8=_EIGHT,
        affectnet7=_EIGHT[:7],
        fer2013=('anger', 'disgust', 'fear', 'happiness', 'sadness',
                 'surprise', 'neutral'),
        ferplus=('neutral', 'happiness', 'surprise', 'sadness', 'anger',
                 'disgust', 'fear', 'contempt'),
        ferplus7=('neutral', 'happiness', 'surprise', 'sadness', 'anger',
                  'disgust', 'fear'),
        ckplus=('neutral', 'anger', 'contempt', 'disgust', 'fear',
                'happiness', 'sadness', 'surprise'),
        ckplus7=('anger', 'contempt', 'disgust', 'fear', 'happiness',
                 'sadness', 'surprise'),
        ckplus48=('anger', 'disgust', 'fear', 'happiness', 'sadness',
                  'surprise', 'contempt'),
        expw=('anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise',
              'neutral'),
        sfew=('anger', 'disgust', 'fear', 'happiness', 'neutral', 'sadness',
              'surprise'),
        jaffe=('anger', 'disgust', 'fear', 'happiness', 'neutral', 'sadness',
               'surprise'),
        omg=('anger', 'disgust', 'fear', 'happiness', 'neutral', 'sadness',
             'surprise'),
        synthetic=_EIGHT,
        abaw=('neutral', 'anger', 'disgust', 'fear', 'happiness', 'sadness',
              'surprise', 'other'),
        dfme=('anger', 'contempt', 'disgust', 'fear', 'happiness', 'sadness',
              'surprise'),
        megc2019=('negative', 'positive', 'surprise'),
        smic=('negative', 'positive', 'surprise'),
        casme2=('happiness', 'disgust', 'repression', 'surprise', 'other',
                'sadness', 'fear'),
        casme2_5=('happiness', 'disgust', 'repression', 'surprise', 'other'),
        samm=('anger', 'contempt', 'happiness', 'surprise', 'other',
              'disgust', 'fear', 'sadness'),
        samm_5=('anger', 'contempt', 'happiness', 'surprise', 'other'),
        casme3=('disgust', 'surprise', 'other', 'fear', 'anger', 'sadness',
                'happiness'),
    ).items()
}
