# Without labels of action units: their branch learns from expressions alone.
_base_ = ['mtac_resnet18_1xb64_ferplus48-noise30.py']

model = dict(
    head=dict(
        task_heads=dict(
            au=dict(
                adjacency='learned',
                loss=dict(type='ActionUnitLoss', loss_weight=0.0)))))
custom_hooks = [
    hook for hook in _base_.custom_hooks if hook['type'] != 'AUGraphHook'
]
