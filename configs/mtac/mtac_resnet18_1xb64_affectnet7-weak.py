# Weakly supervised: valence and arousal by people, action units as OpenFace 2
# finds them.
_base_ = ['mtac_resnet18_1xb64_affectnet7.py']

model = dict(head=dict(task_heads=dict(au=dict(adjacency='data'))))
train_dataloader = dict(
    dataset=dict(
        auxiliary=dict(
            _base_.openface, _delete_=True, path='data/affectnet-openface')))
