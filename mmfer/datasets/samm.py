# Copyright (c) mmfer contributors.
from mmfer.registry import DATASETS
from .micro_expression_dataset import MicroExpressionDataset


@DATASETS.register_module()
class SAMM(MicroExpressionDataset):
    """SAMM: 159 micro-expressions of 29 people at 200 frames a second.

    Davison et al., *SAMM: A Spontaneous Micro-Facial Movement Dataset*, IEEE
    Transactions on Affective Computing 2018,
    https://doi.org/10.1109/TAFFC.2016.2573832.

    ::

        data_root
        ├── SAMM.xlsx
        └── 006/006_1_2/006_05562.jpg ...

    The label space is ``samm``; ``label_space='samm_5'`` keeps anger,
    contempt, happiness, surprise and other, as most papers do.

    Args:
        data_root (str): The folder above.
        **kwargs: See :class:`MicroExpressionDataset`.
    """

    LABEL_SPACE = 'samm'
    SOURCE_SET, SUBJECT, FPS = 'samm', '{:03d}', 200
    SHEET = 'SAMM.xlsx'
    CLIP_NAME = '{subject}/{clip}'
    COMPOSITE = dict(
        happiness='positive', surprise='surprise', anger='negative',
        contempt='negative', disgust='negative', fear='negative',
        sadness='negative')
    UNITS = 'samm'
    OFFICIAL_COUNTS = dict(
        all=dict(anger=57, contempt=12, happiness=26, surprise=15, other=26,
                 disgust=9, fear=8, sadness=6))
