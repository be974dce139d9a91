# The five classes that most papers take.
_base_ = [
    '../_base_/models/r3d18.py',
    '../_base_/datasets/samm_clip112.py',
    '../_base_/r3d18_kinetics.py',
]

model = dict(head=dict(num_classes=5))
five = dict(label_space='samm_5')
train_dataloader = dict(dataset=five)
val_dataloader = dict(dataset=five)
test_dataloader = val_dataloader
