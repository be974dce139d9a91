_base_ = [
    '../_base_/models/r3d18.py',
    '../_base_/datasets/dfme_clip112.py',
    '../_base_/r3d18_kinetics.py',
]
