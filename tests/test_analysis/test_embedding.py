# Copyright (c) mmfer contributors.
import numpy as np
import pytest

from mmfer.analysis.embedding import draw_embedding, embed_features

RNG = np.random.default_rng(0)
LABELS = np.repeat([0, 1], 10)
FEATURES = RNG.normal(0, .1, (20, 5)) + 5 * LABELS[:, None]


@pytest.mark.parametrize('method', ['tsne', 'umap'])
def test_like_faces_lie_together(tmp_path, method):
    if method == 'umap':
        pytest.importorskip('umap')
    points = embed_features(FEATURES, method)
    assert points.shape == (20, 2)
    assert np.array_equal(points, embed_features(FEATURES, method))
    apart = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (LABELS[apart.argmin(1)] == LABELS).all()
    draw_embedding(points, LABELS, ['fear', 'anger'], str(tmp_path / 'e.png'))
    assert (tmp_path / 'e.png').stat().st_size > 5000


@pytest.mark.parametrize('features, method, message', [
    (FEATURES, 'pca', "method must be 'tsne' or 'umap'"),
    (FEATURES[:3], 'tsne', '3 samples are too few')])
def test_bad_embedding(features, method, message):
    with pytest.raises(ValueError, match=message):
        embed_features(features, method)
