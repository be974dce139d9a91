_base_ = [
    '../_base_/models/resnet18.py',
    '../_base_/datasets/rafdb.py',
    '../_base_/schedules/sgd_cosine_40e.py',
    '../_base_/default_runtime.py',
]

# ResNet-18 trained on MS-Celeb-1M, see README.md.
init_weights = 'weights/resnet18_msceleb.pth'
