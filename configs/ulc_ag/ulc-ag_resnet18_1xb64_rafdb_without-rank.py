# Confidence alone, without ranking.
_base_ = ['ulc-ag_resnet18_1xb64_rafdb_without-balance.py']

model = dict(
    head=dict(task_heads=dict(expr=dict(rank=dict(loss_weight=0.0)))))
