# Without valence and arousal.
_base_ = ['mtac_resnet18_1xb64_synthetic-noise40.py']

model = dict(head=dict(task_weights=dict(va=0.0)))
