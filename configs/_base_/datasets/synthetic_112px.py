# Drawn faces with known truth, at 112 px.
_base_ = ['synthetic.py']

size = dict(image_size=112)
train_dataloader = dict(dataset=size)
val_dataloader = dict(dataset=size)
test_dataloader = dict(dataset=size)
