_base_ = ['r3d18_1xb16_dfme.py']

# Trained on Kinetics, made by the converter hara3d_densenet, see README.md.
init_weights = 'weights/densenet3d121_kinetics.pth'

model = dict(
    backbone=dict(_delete_=True, type='DenseNet3D', depth=121),
    head=dict(in_channels=1024))
