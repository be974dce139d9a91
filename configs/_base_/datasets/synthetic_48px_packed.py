# 4,000 drawn faces as a packed dataset, so that pipelines that read files read
# them too.
# tools/dataset_tools/pack.py configs/baseline/resnet18_1xb64_synthetic.py
#   --split train --size 48 --cfg-options train_dataloader.dataset.size=4000
#   --split valid --size 48
_base_ = ['face224.py']

train_dataloader = dict(
    dataset=dict(
        type='PackedFER',
        data_root='data/packed/synthetic-train-48',
        split='train'))
val_dataloader = dict(
    dataset=dict(
        type='PackedFER',
        data_root='data/packed/synthetic-valid-48',
        split='valid'))
test_dataloader = val_dataloader
