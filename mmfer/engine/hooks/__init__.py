# Copyright (c) mmfer contributors.
from .label_space_hook import LabelSpaceHook
from .protocol_hook import ProtocolHook
from .unreadable_images_hook import UnreadableImagesHook

__all__ = [
    'LabelSpaceHook',
    'ProtocolHook',
    'UnreadableImagesHook',
]
