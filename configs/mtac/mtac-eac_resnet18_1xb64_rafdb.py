# With EAC's head: the confidence block scales the logits of the first view.
_base_ = ['mtac_resnet18_1xb64_rafdb.py']

model = dict(
    mirror_view=True,
    neck=None,
    head=dict(
        task_heads=dict(
            expr=dict(
                head=dict(
                    type='AttentionConsistencyHead',
                    consistency=dict(
                        type='AttentionConsistencyLoss',
                        loss_weight=5.0))))))
# The second view is the mirror: the first one is not flipped.
load, resize, flip, erase, pack = _base_.train_pipeline
train_pipeline = [load, resize, erase, pack]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
