# The lists of iNaturalist 2018 (a path and a class in each line).
_base_ = ['cri_resnet50_2xb128_imagenet-lt.py']

model = dict(head=dict(num_classes=8142))
data_preprocessor = dict(
    num_classes=8142,
    augments=[dict(type='BatchRemix', alpha=0.2, num_classes=8142)])
train = dict(data_root='data/inat18', ann_file='iNaturalist18_train.txt')
test = dict(data_root='data/inat18', ann_file='iNaturalist18_val.txt')
train_dataloader = dict(batch_size=80, dataset=train)
val_dataloader = dict(batch_size=80, dataset=test)
test_dataloader = dict(batch_size=80, dataset=test)
val_evaluator = [
    dict(
        type='FERMetric',
        groups=dict(many=842, medium=3701, few=3599),
        group_file='data/inat18/iNaturalist18_train.txt',
        per_class=False)
]
test_evaluator = val_evaluator
optim_wrapper = dict(optimizer=dict(weight_decay=1e-4))
auto_scale_lr = dict(base_batch_size=640)
