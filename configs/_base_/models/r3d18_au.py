# Action units beside expressions; a child names au_set.
_base_ = ['r3d18.py']

model = dict(
    head=dict(
        _delete_=True,
        type='MultiTaskFERHead',
        num_classes=7,
        in_channels=512,
        task_heads=dict(
            expr=dict(type='LinearClsHead'), au=dict(type='AUHead'))))
