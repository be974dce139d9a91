# Augments of whole batches: a weak view, and a strong one that is made of it
# and shows a part of another face.
weak_view = [
    dict(type='BatchAffine', shift=0.03, scale=(1.0, 1.15)),
    dict(type='BatchFlip'),
]
strong_view = [
    dict(type='BatchAffine', shift=0.1, scale=0.1, rotate=15),
    dict(type='BatchFlip'),
    dict(
        type='BatchColorJitter', brightness=0.4, contrast=0.4,
        saturation=0.4),
    dict(type='BatchErasing', max_area_ratio=0.25),
    dict(type='BatchCutMix', alpha=1.0),
]
