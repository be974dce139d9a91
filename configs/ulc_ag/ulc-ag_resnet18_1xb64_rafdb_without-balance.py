# Confidence and ranking alone, without weights of the classes.
_base_ = ['ulc-ag_resnet18_1xb64_rafdb_without-au.py']

model = dict(
    head=dict(
        task_heads=dict(
            expr=dict(loss=dict(_delete_=True, type='CrossEntropyLoss')))))
