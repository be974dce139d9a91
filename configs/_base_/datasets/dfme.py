# Clips of DFME, with the landmarks that place the crop.
clips = dict(
    type='DFME',
    data_root='data/dfme',
    auxiliary=dict(
        type='CSVLabels',
        path='data/dfme/faces.csv',
        targets=['landmarks']))
