# Copyright (c) mmfer contributors.
from .channels_last_hook import ChannelsLastHook
from .epoch_seed_hook import EpochSeedHook
from .init_weights_hook import InitWeightsHook
from .sample_index_hook import SampleIndexHook

__all__ = [
    'ChannelsLastHook', 'EpochSeedHook', 'InitWeightsHook', 'SampleIndexHook'
]
