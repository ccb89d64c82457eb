"""Alignment of features in closed form."""

import pytest
import torch

from tlnb.core.errors import DataError, TlnbError
from tlnb.methods import FeatureAlignment


@pytest.fixture
def rows():
    """Return rows of a source (300, 6), and of a target (240, 6) with other means, deviations and correlations."""
    generator = torch.Generator().manual_seed(0)
    source = torch.randn(300, 6, generator=generator)
    mixing = torch.eye(6) + 0.6 * torch.randn(6, 6, generator=generator)
    target = torch.randn(240, 6, generator=generator) @ mixing + torch.tensor([0.0, 3.0, 0.1, -5.0, 0.2, 1.0])
    return source, target


def test_by_the_sources_statistics_nothing_is_aligned(rows):
    source, target = rows
    aligned = FeatureAlignment("source").fit(source, target)
    assert torch.allclose(aligned.target(target), (target - source.mean(0)) / source.std(0), atol=1e-5)
    assert torch.equal(aligned.target(source), aligned.source(source))


def test_apart_each_domain_has_means_of_zero_and_deviations_of_one(rows):
    source, target = rows
    aligned = FeatureAlignment("apart").fit(source, target)
    for mapped in (aligned.source(source), aligned.target(target)):
        assert mapped.mean(0).abs().max() < 1e-5
        assert (mapped.std(0) - 1).abs().max() < 1e-5


def test_with_correlations_the_sources_covariance_becomes_the_targets_where_the_ridge_is_small(rows):
    source, target = rows
    aligned = FeatureAlignment(correlations=True, ridge=1e-6).fit(source, target)
    assert torch.allclose(torch.cov(aligned.source(source).T), torch.cov(aligned.target(target).T), atol=1e-3)


def test_a_large_ridge_leaves_the_source_as_it_is(rows):
    source, target = rows
    plain, ridged = FeatureAlignment().fit(source, target), FeatureAlignment(correlations=True, ridge=1e6)
    assert torch.allclose(ridged.fit(source, target).source(source), plain.source(source), atol=1e-4)


def test_alike_domains_are_left_alike(rows):
    source, _ = rows
    aligned = FeatureAlignment(correlations=True).fit(source, source)
    assert torch.allclose(aligned.source(source), aligned.target(source), atol=1e-4)


def test_the_features_that_are_kept_are_those_that_differ_least(rows):
    source, target = rows
    kept = FeatureAlignment(keep=0.5).fit(source, target).kept
    assert not kept[1] and not kept[3] and kept.sum() == 3


def test_one_feature_at_least_is_kept(rows):
    source, target = rows
    assert FeatureAlignment(keep=0.01).fit(source, target).source(source).shape == (300, 1)


def test_units_of_measure_do_not_matter(rows):
    source, target = rows
    units = torch.tensor([1.0, 10.0, 0.1, 3.0, 7.0, 100.0])
    one = FeatureAlignment(keep=0.5, correlations=True).fit(source, target)
    other = FeatureAlignment(keep=0.5, correlations=True).fit(source * units, target * units)
    assert torch.equal(one.kept, other.kept)
    assert torch.allclose(one.source(source), other.source(source * units), atol=1e-4)


def test_a_feature_that_never_varies_does_no_harm(rows):
    source, target = (torch.cat([part, torch.ones(len(part), 1)], 1) for part in rows)
    aligned = FeatureAlignment(correlations=True).fit(source, target)
    assert aligned.source(source).isfinite().all() and aligned.target(target).isfinite().all()


def test_a_feature_that_is_alive_in_the_target_alone_is_not_blown_up(rows):
    source, target = rows
    source = torch.cat([source, torch.zeros(len(source), 1)], 1)
    target = torch.cat([target, torch.randn(len(target), 1)], 1)
    assert FeatureAlignment("source").fit(source, target).target(target)[:, 6].abs().max() < 10


def test_more_features_than_rows_can_be_aligned():
    generator = torch.Generator().manual_seed(1)
    source, target = torch.randn(20, 64, generator=generator), torch.randn(15, 64, generator=generator)
    assert FeatureAlignment(correlations=True).fit(source, target).source(source).isfinite().all()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"statistics": "aparte"}, 'Did you mean "apart"'),
        ({"keep": 0}, "keep=0 is no share"),
        ({"keep": 1.5}, "at most 1"),
        ({"ridge": 0.0}, "not above 0"),
        ({"statistics": "source", "correlations": True}, "standardised apart"),
    ],
)
def test_what_makes_no_sense_is_told(values, said):
    with pytest.raises(TlnbError, match=said):
        FeatureAlignment(**values)


def test_rows_of_other_lengths_are_refused(rows):
    with pytest.raises(DataError, match="as many numbers"):
        FeatureAlignment().fit(rows[0], rows[1][:, :5])
