# Weights, gradients and the optimiser's state divided among 8 processes:
# bash tools/dist_train.sh configs/baseline/resnet18_8xb64-fsdp_affectnet7.py 8
_base_ = ['resnet18_1xb64_affectnet7.py']

runner_type = 'FlexibleRunner'
# Checkpoints are whole, like those of other runs.
strategy = dict(
    type='FSDPStrategy',
    model_wrapper=dict(type='MMFullyShardedDataParallel'),
    state_dict_cfg='full')
optim_wrapper = dict(type='AutocastOptimWrapper', optimizer=dict(lr=0.08))
