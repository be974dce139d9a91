_base_ = ['../_base_/ferplus_64px_noise30.py']
