"""The comparison with other libraries compares what is alike."""

import pytest
import torch

import tlnb
from benchmarks.peers.agreement import DisagreementError, check_agreement
from benchmarks.peers.plan import CONTENDERS, QUICK, TABLES, jobs
from benchmarks.peers.prepare import prepare_elpv
from benchmarks.peers.task import CLASSES, MEAN, MODEL, STD, order
from tlnb.training.batches import epoch_seed


def test_pixels_are_normalised_as_the_weights_expect():
    preprocessing = tlnb.model_card(tlnb.create_model(MODEL, CLASSES)).preprocessing
    assert (preprocessing.mean, preprocessing.std) == (MEAN, STD)


def test_the_order_of_images_is_the_one_that_tlnb_draws():
    drawn = torch.randperm(50, generator=torch.Generator().manual_seed(epoch_seed(2, 1)))
    assert torch.equal(order(seed=2, count=50, epochs=2)[1], drawn)


@pytest.mark.parametrize("table", TABLES)
def test_contenders_take_turns(table):
    names = [job.contender for job in jobs(table, QUICK, CONTENDERS, stores=True)]
    assert names and "tlnb" in names
    if table != "growth":
        assert len(set(names)) == len(names), "each once, before any a second time"


@pytest.mark.slow
def test_all_that_is_installed_computes_the_same(tmp_path):
    found = check_agreement(["tlnb", "cached"], prepare_elpv(tmp_path, size=64, seeds=1))
    assert set(found) == {"tlnb", "cached", "loop"} and set(found["tlnb"]) == {"all", "head", "last_stage"}


def test_a_difference_is_an_error(monkeypatch):
    curves = {"loop": {"head": [1.0, 0.9]}, "tlnb": {"head": [1.0, 0.95]}}
    monkeypatch.setattr("benchmarks.peers.agreement.loss_curves", lambda *_: curves)
    with pytest.raises(DisagreementError, match="tlnb, head"):
        check_agreement(["tlnb"], None)
