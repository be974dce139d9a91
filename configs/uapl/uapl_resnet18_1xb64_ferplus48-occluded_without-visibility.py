# The same without the loss on covered patches.
_base_ = ['uapl_resnet18_1xb64_ferplus48-occluded.py']

model = dict(head=dict(visibility=None))
