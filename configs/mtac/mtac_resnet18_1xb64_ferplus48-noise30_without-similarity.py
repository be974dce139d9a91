# Without drawing features to templates.
_base_ = ['mtac_resnet18_1xb64_ferplus48-noise30.py']

model = dict(head=dict(task_weights=dict(template=0.0)))
