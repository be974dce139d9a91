# R3D-18 from Kinetics, on clips of 112 px; a child adds model and dataset.
_base_ = [
    'schedules/adamw_cosine_40e.py',
    'default_runtime.py',
]

# Made by the converter hara3d, see ../dfme/README.md.
init_weights = 'weights/r3d18_kinetics.pth'

# Kinetics, as these weights want it.
data_preprocessor = dict(
    type='ClipDataPreprocessor',
    mean=(110.8, 103.3, 96.3),
    std=(70.6, 69.2, 69.8))
optim_wrapper = dict(optimizer=dict(lr=1e-4))
