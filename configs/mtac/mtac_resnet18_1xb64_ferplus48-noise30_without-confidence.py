# Without the estimate of confidence: every sample counts alike.
_base_ = ['mtac_resnet18_1xb64_ferplus48-noise30.py']

model = dict(
    head=dict(task_heads=dict(expr=dict(_delete_=True, type='LinearClsHead'))))
