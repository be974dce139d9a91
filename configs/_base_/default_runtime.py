default_scope = 'mmpretrain'
custom_imports = dict(imports=['mmfer'], allow_failed_imports=False)

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=100),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(
        type='CheckpointHook',
        interval=1,
        # The last but one outlives a kill while the last is being written.
        max_keep_ckpts=2,
        save_best='expr/accuracy',
        rule='greater'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    visualization=dict(type='VisualizationHook', enable=False),
    channels_last=dict(type='ChannelsLastHook'),
    finite_check=dict(type='FiniteCheckHook'))

custom_hooks = [
    dict(type='EpochSeedHook'),
    dict(type='SampleIndexHook'),
    dict(type='InitWeightsHook'),
    dict(type='LabelSpaceHook'),
    dict(type='UnreadableImagesHook'),
    dict(type='ProtocolHook'),
]

env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'))

vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(type='UniversalVisualizer', vis_backends=vis_backends)

log_level = 'INFO'
load_from = None
resume = False
randomness = dict(seed=0)
