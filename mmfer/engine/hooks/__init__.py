# Copyright (c) mmfer contributors.
from .au_graph_hook import AUGraphHook
from .channels_last_hook import ChannelsLastHook
from .class_count_hook import ClassCountHook
from .compile_hook import CompileHook
from .epoch_seed_hook import EpochSeedHook
from .finite_check_hook import FiniteCheckHook
from .init_weights_hook import InitWeightsHook
from .known_landmarks_hook import KnownLandmarksHook
from .label_correction_hook import LabelCorrectionHook
from .label_space_hook import LabelSpaceHook
from .landmark_tree_hook import LandmarkTreeHook
from .loss_ramp_hook import LossRampHook
from .neighbor_bank_hook import NeighborBankHook
from .phase_hook import PhaseHook
from .protocol_hook import ProtocolHook
from .sample_index_hook import SampleIndexHook
from .task_ramp_hook import TaskRampHook
from .template_hook import TemplateHook
from .unreadable_images_hook import UnreadableImagesHook

__all__ = [
    'AUGraphHook',
    'ChannelsLastHook',
    'ClassCountHook',
    'CompileHook',
    'EpochSeedHook',
    'FiniteCheckHook',
    'InitWeightsHook',
    'KnownLandmarksHook',
    'LabelCorrectionHook',
    'LabelSpaceHook',
    'LandmarkTreeHook',
    'LossRampHook',
    'NeighborBankHook',
    'PhaseHook',
    'ProtocolHook',
    'SampleIndexHook',
    'TaskRampHook',
    'TemplateHook',
    'UnreadableImagesHook',
]
