_base_ = ['cri_resnet32_1xb128_cifar10-lt-if100.py']

model = dict(
    head=dict(
        num_classes=100,
        scale=10.,
        loss=dict(max_margin=0.2, scale=10., gamma=1.5)))
data_preprocessor = dict(
    num_classes=100,
    mean=[129.304, 124.070, 112.434],
    std=[68.170, 65.392, 70.418],
    augments=[dict(type='BatchRemix', alpha=1., num_classes=100)])
pictures = dict(type='CIFAR100', data_root='data/cifar100')
train_dataloader = dict(dataset=dict(dataset=pictures))
val_dataloader = dict(dataset=pictures)
test_dataloader = dict(dataset=pictures)
val_evaluator = [
    dict(
        type='FERMetric',
        groups=dict(
            many=list(range(36)),
            medium=list(range(36, 71)),
            few=list(range(71, 100))))
]
test_evaluator = val_evaluator
