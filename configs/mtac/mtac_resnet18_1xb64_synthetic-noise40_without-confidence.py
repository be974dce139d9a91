# Without the estimate of confidence: every sample counts alike, and all may be
# relabelled.
_base_ = ['mtac_resnet18_1xb64_synthetic-noise40.py']

model = dict(
    head=dict(task_heads=dict(expr=dict(_delete_=True, type='LinearClsHead'))),
    label_bank=dict(correction=dict(low_ratio=1.0)))
