# MEGC 2019 as apex faces, 224 px. Made for tools/cross_validate.py; by itself
# it is the first of ten folds.
_base_ = ['face224.py']

clips = dict(
    type='MEGC2019', data_root='data/megc2019', picture='apex_img')
train_dataloader = dict(dataset=clips)
val_dataloader = dict(dataset=dict(split='test', **clips))
test_dataloader = dict(dataset=dict(split='test', **clips))
val_evaluator = dict(type='MicroExpressionMetric')
test_evaluator = val_evaluator
