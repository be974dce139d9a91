_base_ = ['transfer_ir50-vit-small_1xb64_rafdb.py']

faces = dict(
    type='AffectNet', data_root='data/affectnet', label_space='affectnet7')
train_dataloader = dict(dataset=faces)
val_dataloader = dict(dataset=dict(split='valid', **faces))
test_dataloader = dict(dataset=dict(split='valid', **faces))

# The paper: 20,000 steps, here 5 epochs of about 4,400.
optim_wrapper = dict(optimizer=dict(lr=3e-4))
param_scheduler = dict(milestones=[9600, 19200], by_epoch=False)
train_cfg = dict(max_epochs=5)
