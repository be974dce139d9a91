# The apex frame alone, as a face like any other.
_base_ = [
    '../_base_/models/resnet18.py',
    '../_base_/datasets/face224.py',
    '../_base_/schedules/adamw_cosine_40e.py',
    '../_base_/default_runtime.py',
]

# ResNet-18 trained on MS-Celeb-1M, see ../baseline/README.md.
init_weights = 'weights/resnet18_msceleb.pth'

model = dict(head=dict(num_classes=3))
apex = dict(
    type='MEGC2019', data_root='data/megc2019', picture='apex_img')
train_dataloader = dict(dataset=apex)
val_dataloader = dict(dataset=dict(split='test', **apex))
test_dataloader = dict(dataset=dict(split='test', **apex))
