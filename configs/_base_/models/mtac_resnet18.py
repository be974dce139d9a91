# Against its ancestor: the classes are not weighted, valence and arousal are a
# task, and features are drawn to the templates. Templates and both branches,
# by the mean over the early epochs, decide which labels are wrong.
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
        correction=dict(
            _delete_=True,
            type='TypicalRelabeling',
            quantile=0.4,
            outputs=('posterior', 'logits', 'semantic_logits'))))
