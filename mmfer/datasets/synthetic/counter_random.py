# Copyright (c) mmfer contributors.
"""Random numbers that depend on nothing but a seed, a stream and an index.

A generator with a state would tie sample ``i`` to the samples before it. Here
every number is a hash of its place, so that a sample is the same in a dataset
of any size, in any order and in any process. The mixing function is the
finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
"""
import zlib

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def _mix(words: np.ndarray) -> np.ndarray:
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def hashed_words(seed: int, stream: str, index: np.ndarray,
                 count: int) -> np.ndarray:
    """Independent 64-bit words.

    Args:
        seed (int): The seed of the dataset, at least 0.
        stream (str): What the numbers are for; streams are independent.
        index (np.ndarray): Non-negative integers of shape ``(N, )``.
        count (int): The words wanted per index.

    Returns:
        np.ndarray: uint64 of shape ``(N, count)``.
    """
    start = np.array([seed, zlib.crc32(stream.encode())], dtype=np.uint64)
    with np.errstate(over='ignore'):
        start = _mix(_mix(start[:1] + _GOLDEN) ^ start[1:] * _GOLDEN)
        keys = _mix(start + (np.asarray(index, np.uint64) + np.uint64(1))
                    * _GOLDEN)
        steps = np.arange(1, count + 1, dtype=np.uint64) * _GOLDEN
        return _mix(_mix(keys)[:, None] + steps)


def uniforms(seed: int, stream: str, index: np.ndarray,
             count: int) -> np.ndarray:
    """Uniform numbers in [0, 1), float64 of shape ``(N, count)``.

    The arguments are those of :func:`hashed_words`.
    """
    words = hashed_words(seed, stream, index, count)
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
