# Without the ranking of confidences.
_base_ = ['mtac_resnet18_1xb64_ferplus48-noise30.py']

model = dict(
    head=dict(task_heads=dict(expr=dict(rank=dict(loss_weight=0.0)))))
