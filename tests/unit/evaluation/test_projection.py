"""Features in a plane: deterministic, on shared axes, and without UMAP where it is not installed."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from sklearn.decomposition import PCA

from tlnb.core.errors import TlnbError
from tlnb.evaluation import project, projection_methods


@pytest.fixture
def clusters():
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(shift, 1, (40, 12)) for shift in (0, 4, -4)]).astype(np.float32)


def test_pca_is_scikit_learns_up_to_the_sign_which_is_fixed(clusters):
    found = project(clusters)
    wanted = PCA(2, svd_solver="full").fit(clusters)
    points = wanted.transform(clusters)
    np.testing.assert_allclose(np.abs(found.points[0]), np.abs(points), rtol=1e-3, atol=1e-3)
    assert found.explained[0] == pytest.approx(wanted.explained_variance_ratio_.sum(), rel=1e-4)
    np.testing.assert_array_equal(project(clusters).points[0], found.points[0])
    # Other signs of the features turn nothing over by themselves: the rule is about directions alone.
    np.testing.assert_allclose(project(-clusters).points[0], -found.points[0], atol=1e-4)


def test_pca_lays_several_sets_on_the_same_axes(clusters):
    turned = 30 * clusters[:, ::-1] + 1  # much larger, and with other axes
    found = project(clusters, turned)
    each = [(one - one.mean(0)) / np.sqrt(one.var(0).sum()) for one in (clusters, turned)]
    wanted = PCA(2, svd_solver="full").fit_transform(np.concatenate(each))
    np.testing.assert_allclose(np.abs(np.concatenate(found.points)), np.abs(wanted), atol=1e-3)
    assert min(found.explained) > 0.3  # neither set decides alone
    same = project(clusters, 30 * clusters + 1).points
    np.testing.assert_allclose(same[0], same[1], atol=1e-4)
    with pytest.raises(TlnbError, match="equally many features"):
        project(clusters, clusters[:, :5])


def test_tsne_keeps_neighbours_is_repeatable_and_begins_where_the_first_ended(clusters):
    before, after = project(clusters, clusters + 0.1, method="tsne", seed=1).points
    again = project(clusters, method="tsne", seed=1).points[0]
    np.testing.assert_array_equal(before, again)
    middles = before.reshape(3, 40, 2).mean(1)
    own = np.linalg.norm(before.reshape(3, 40, 2) - middles[:, None], axis=-1).mean()
    assert np.linalg.norm(middles[0] - middles[1]) > 2 * own
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.8


def test_one_feature_has_a_plane_too(clusters):
    assert project(clusters[:, :1]).points[0].shape == (120, 2)


def test_what_does_not_fit_is_refused(clusters):
    with pytest.raises(TlnbError, match="Did you mean"):
        project(clusters, method="tnse")
    with pytest.raises(TlnbError, match="the same N"):
        project(clusters, clusters[:50])
    with pytest.raises(TlnbError, match="at least 5"):
        project(clusters[:4])


@pytest.mark.skipif(importlib.util.find_spec("umap") is not None, reason="umap-learn is installed")
def test_umap_is_absent_where_it_is_not_installed(clusters):
    assert projection_methods() == ("pca", "tsne")
    with pytest.raises(TlnbError, match="pip install"):
        project(clusters, method="umap")


@pytest.mark.skipif(importlib.util.find_spec("umap") is None, reason="umap-learn is not installed")
@pytest.mark.slow
def test_umap_keeps_neighbours(clusters):
    before, after = project(clusters, clusters + 0.1, method="umap").points
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.5
