# Without drawing features to templates.
_base_ = ['mtac_resnet18_1xb64_synthetic-noise40.py']

model = dict(head=dict(task_weights=dict(template=0.0)))
