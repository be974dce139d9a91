# As landmark_tree.py, for a run of a few hundred steps: the tree is found
# anew every 20 steps, and kept at last.
_base_ = ['default_runtime.py']

custom_hooks = [
    *_base_.custom_hooks,
    dict(type='KnownLandmarksHook'),
    dict(type='LandmarkTreeHook', interval=20, until=0.5),
]
