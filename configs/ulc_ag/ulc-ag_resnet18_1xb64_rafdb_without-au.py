# The weighted regularisation module alone: confidence, ranking, weights of the
# classes. No action units, no relabelling.
_base_ = ['ulc-ag_resnet18_1xb64_rafdb_without-relabeling.py']

model = dict(head=dict(task_weights=dict(au=0.0)))
