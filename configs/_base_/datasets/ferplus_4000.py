# The first 4,000 training faces, for comparisons on a CPU.
_base_ = ['ferplus.py']

train_dataloader = dict(dataset=dict(indices=4000))
