# Against its ancestor: the classes are not weighed, valence and arousal are a
# task, and features are drawn to the templates.
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
        task_weights=dict(va=0.5, template=0.1)))
