# Against its ancestor: the classes are not weighed, valence and arousal are a
# task, and features are drawn to the templates. Templates and both branches,
# each by the mean of its epochs, tell which labels are wrong, of all samples.
_base_ = ['ulc-ag_resnet18.py']

model = dict(
    head=dict(
        task_heads=dict(
            expr=dict(loss=dict(_delete_=True, type='CrossEntropyLoss')),
            au=dict(
                semantic_loss=dict(_delete_=True, type='CrossEntropyLoss')),
            va=dict(
                type='VAHead', loss=dict(type='CCCLoss', balance=True)),
            template=dict(
                similarity=dict(type='TemplateSimilarityLoss', margin=0.2))),
        task_weights=dict(va=0.5, template=0.1)),
    label_bank=dict(
        posterior_momentum=0.7,
        correction=dict(
            margin=1.03,
            relative=True,
            revisit=True,
            require_agreement=False,
            low_ratio=1.0,
            also=('logits', 'semantic_logits'))))
