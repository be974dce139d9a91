# Task guidance by learning the related tasks, not from neighbours.
_base_ = ['uapl_resnet18_1xb64_synthetic.py']

model = dict(
    head=dict(
        guidance=None,
        auxiliary_heads=dict(
            au=dict(
                type='AUHead',
                au_set='synthetic',
                loss=dict(type='ActionUnitLoss', loss_weight=0.5)),
            landmarks=dict(
                type='LandmarkHead',
                loss=dict(type='LandmarkLoss', loss_weight=0.5)),
            va=dict(
                type='VAHead',
                loss=dict(type='CCCLoss', rho=1.0, loss_weight=0.5)))))
