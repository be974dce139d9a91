# Without valence and arousal.
_base_ = ['mtac_resnet18_1xb64_ferplus48-noise30.py']

model = dict(head=dict(task_weights=dict(va=0.0)))
