# The face network of ../baseline, inflated: it has seen faces, no motion.
_base_ = ['r3d18_1xb16_dfme.py']

init_weights = dict(
    _delete_=True,
    checkpoint='weights/resnet18_msceleb.pth', inflate=True)

data_preprocessor = dict(
    mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375))
