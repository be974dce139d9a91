# Drawn faces of which every other one wears a mask, glasses or sunglasses, or
# has a hand before it.
_base_ = ['synthetic_64px.py']

half = dict(occlusion=0.5)
train_dataloader = dict(dataset=half)
val_dataloader = dict(dataset=half)
test_dataloader = dict(dataset=half)
val_evaluator = [*_base_.val_evaluator, dict(type='OcclusionMetric')]
test_evaluator = val_evaluator
