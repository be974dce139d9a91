_base_ = [
    '../_base_/models/cri_resnet18.py',
    '../_base_/datasets/rafdb.py',
    '../_base_/schedules/sgd_cosine_40e.py',
    '../_base_/phased_learning.py',
]

# ResNet-18 trained on MS-Celeb-1M, see ../baseline/README.md.
init_weights = 'weights/resnet18_msceleb.pth'

data_preprocessor = dict(
    augments=[dict(type='BatchRemix', alpha=1., num_classes=7)])
