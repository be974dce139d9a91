# Copyright (c) mmfer contributors.
from .apex_centred_frames import ApexCentredFrames
from .change_adaptive_frames import ChangeAdaptiveFrames
from .clip_transform import ClipTransform
from .flow_strain import FlowStrain
from .frame_source import FrameSource, open_frames
from .key_frames import KeyFrames
from .onset_apex_frames import OnsetApexFrames
from .onset_apex_offset_frames import OnsetApexOffsetFrames
from .onset_difference import OnsetDifference
from .open_clip import OpenClip
from .open_synthetic_clip import OpenSyntheticClip
from .pack_clip_inputs import PackClipInputs
from .read_clip import ReadClip
from .read_flow import ReadFlow
from .standardize_flow import StandardizeFlow
from .uniform_frames import UniformFrames

__all__ = [
    'ApexCentredFrames', 'ChangeAdaptiveFrames', 'ClipTransform',
    'FlowStrain', 'FrameSource', 'KeyFrames', 'OnsetApexFrames',
    'OnsetApexOffsetFrames', 'OnsetDifference', 'OpenClip',
    'OpenSyntheticClip', 'PackClipInputs', 'ReadClip', 'ReadFlow',
    'StandardizeFlow', 'UniformFrames', 'open_frames'
]
