"""Clips of moving digits: the motion is in the frames' order, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tlnb.core.errors import DataError
from tlnb.data import load_data
from tlnb.data.catalogue import CATALOGUE, NamedSet
from tlnb.data.clips import MOTIONS, load_clips
from tlnb.data.clips import motion as motion_module
from tlnb.data.clips.motion import FASTEST, SLOWEST, draw, move
from tlnb.data.mnist import plain, sheet

NAMES = tuple(MOTIONS)


@pytest.fixture(scope="module")
def clips(cache):
    return load_clips(size=32, frames=6, per_class=400)


@pytest.fixture(scope="module")
def film():
    """One clip of each motion, a 4 that starts upright in the middle, of middle size."""
    four = sheet.read_sheet()[2000]
    steps = np.zeros((8, 4, 4))
    for row, (phase, direction) in enumerate(MOTIONS.values()):
        steps[row, :, phase] = 0.08 * direction * np.arange(4)
    phases = (np.array([0.5, 0.5, 0.0, 0.5]) + steps) % 1
    return dict(zip(NAMES, draw(np.repeat(four[None], 8, 0), phases, 64)[:, :, 0].astype(float), strict=True))


def centre(frame):
    """Centre of the ink, (across, down), in pixels."""
    down, across = np.indices(frame.shape)
    return np.array([(across * frame).sum(), (down * frame).sum()]) / frame.sum()


@pytest.mark.parametrize(("name", "way"), [("left", (-1, 0)), ("right", (1, 0)), ("up", (0, -1)), ("down", (0, 1))])
def test_a_digit_moves_as_its_class_says(film, name, way):
    for before, after in zip(film[name], film[name][1:], strict=False):
        assert centre(after) - centre(before) == pytest.approx(np.array(way) * 0.08 * 64, abs=0.1)


@pytest.mark.parametrize(("name", "sign"), [("growing", 1), ("shrinking", -1)])
def test_a_digit_grows_or_shrinks_as_its_class_says(film, name, sign):
    ink = film[name].sum((1, 2))
    assert (np.diff(ink) * sign > 0).all()
    assert ink[1] / ink[0] == pytest.approx(2.5 ** (2 * 0.08 * sign), rel=0.02)


@pytest.mark.parametrize(("name", "clockwise"), [("clockwise", 1), ("counter-clockwise", -1)])
def test_a_digit_turns_as_its_class_says(film, name, clockwise):
    """Pillow turns counter-clockwise by degrees."""
    from PIL import Image

    first = Image.fromarray(film[name][0].astype(np.uint8))
    for time in (1, 2, 3):
        expected = np.asarray(first.rotate(-clockwise * 0.08 * 360 * time, Image.Resampling.BILINEAR), float)
        assert np.corrcoef(expected.ravel(), film[name][time].ravel())[0, 1] > 0.97


def test_what_leaves_on_one_side_comes_back_on_the_other():
    one = sheet.read_sheet()[500:501]
    middle, edge = (draw(one, np.array([[[x, 0.5, 0.0, 0.5]]]), 64)[0, 0, 0] for x in (0.5, 0.0))
    assert np.abs(np.roll(middle, 32, axis=1).astype(int) - edge).max() <= 1


def test_a_motion_played_backwards_is_another_motion(film):
    for name, other in (
        ("left", "right"),
        ("up", "down"),
        ("clockwise", "counter-clockwise"),
        ("growing", "shrinking"),
    ):
        phase, direction = MOTIONS[name]
        assert MOTIONS[other] == (phase, -direction)


@pytest.mark.parametrize("seed", range(3))
def test_one_phase_moves_and_at_any_time_all_are_uniform(seed):
    labels = np.repeat(np.arange(8), 4000)
    phases = move(labels, 5, seed)
    for row, (moving, direction) in enumerate(MOTIONS.values()):
        own = phases[labels == row]
        steps = (direction * np.diff(own[..., moving], axis=1)) % 1
        assert steps.min() >= SLOWEST - 1e-9 and steps.max() <= FASTEST + 1e-9
        assert not np.diff(np.delete(own, moving, axis=-1), axis=1).any()
        for time in range(5):
            counts = np.stack([np.histogram(own[:, time, phase], 10, (0, 1))[0] for phase in range(4)])
            assert ((counts - 400) ** 2 / 400).sum(1).max() < 35  # chi-squared of 9: p < .0001


def single_frame_scores(pixels, labels, train, test):
    """Share of right answers on test clips, for each frame position and two classifiers. (T, 2)."""
    from sklearn.linear_model import RidgeClassifier
    from sklearn.neighbors import KNeighborsClassifier

    small = torch.nn.functional.avg_pool2d(pixels.flatten(0, 1).float() / 255, 4)
    small = small.reshape(*pixels.shape[:2], -1).numpy()
    models = (RidgeClassifier(), KNeighborsClassifier(15))
    return np.array(
        [
            [model.fit(small[train, time], labels[train]).score(small[test, time], labels[test]) for model in models]
            for time in range(pixels.shape[1])
        ]
    )


def test_no_single_frame_tells_the_motion(clips):
    test = clips.splits.test
    scores = single_frame_scores(clips.clips, clips.labels.numpy(), clips.splits.train, test)
    error = np.sqrt(1 / 8 * 7 / 8 / len(test))
    assert np.abs(scores - 1 / 8).max() < 3.5 * error


def test_the_same_classifiers_find_a_motion_that_starts_in_the_middle(clips, monkeypatch):
    """What they do not find above, they would find."""
    labels = clips.labels.numpy()
    phases = (move(labels, 6, 0) - move(labels, 6, 0)[:, :1] + np.array([0.5, 0.5, 0.0, 0.5])) % 1
    pixels = torch.from_numpy(draw(sheet.read_sheet()[clips.columns["digit"]], phases, 32))
    scores = single_frame_scores(pixels, labels, clips.splits.train, clips.splits.test)
    assert scores[-1].max() > 0.4
    assert scores[0].max() < 0.2


def test_which_digit_it_is_tells_nothing_of_the_motion(clips):
    from scipy.stats import chi2_contingency

    table = np.zeros((8, 10))
    np.add.at(table, (clips.labels.numpy(), clips.columns["character"].astype(int)), 1)
    assert chi2_contingency(table).pvalue > 0.001


def test_two_frames_in_order_tell_left_from_right(clips):
    """The phase of the first Fourier component across says where the ink is on a circle."""
    rows = clips.labels < 2
    columns = clips.clips[rows, :, 0].sum(2).double()  # (n, T, W)
    place = -torch.fft.fft(columns, dim=-1)[..., 1].angle() / (2 * torch.pi)
    step = (place[:, 1] - place[:, 0] + 0.5) % 1 - 0.5
    assert ((step > 0).long() == clips.labels[rows]).float().mean() > 0.99


def test_parts_share_no_digit_and_keep_to_those_of_mnist(clips, monkeypatch):
    monkeypatch.setitem(CATALOGUE, "mnist", NamedSet(**plain.ENTRY))
    digits = load_data("mnist", size=28, progress=False)
    for name in ("train", "valid", "test"):
        assert set(clips.part(name).columns["digit"]) <= set(digits.subset(name).columns["digit"])


def test_every_motion_is_as_frequent_in_every_part(clips):
    for part, count in ((clips.train, 240), (clips.valid, 60), (clips.test, 100)):
        assert part.labels.bincount().tolist() == [count] * 8
        assert len(part.clips) == len(part) == 8 * count


def test_equal_seeds_make_equal_clips_and_others_do_not(fresh_cache, monkeypatch):
    first = load_clips(size=32, frames=3, per_class=7)
    other = load_clips(size=32, frames=3, per_class=7, seed=1)
    monkeypatch.setenv("TLNB_CACHE", str(fresh_cache / "second"))
    assert torch.equal(load_clips(size=32, frames=3, per_class=7).clips, first.clips)
    assert not torch.equal(other.clips, first.clips)
    assert other.card.sha256 != first.card.sha256


def test_a_second_load_draws_nothing(fresh_cache, monkeypatch):
    first = load_clips(size=32, frames=3, per_class=7)
    monkeypatch.setattr(motion_module, "draw", None)
    monkeypatch.setattr("tlnb.data.clips.loading.draw", None)
    assert torch.equal(load_clips(size=32, frames=3, per_class=7).clips, first.clips)


def test_frames_are_images_that_stay_with_their_clip(clips):
    frames = clips.frames
    assert len(frames) == len(clips) * 6
    row = 6 * 100 + 4
    assert torch.equal(frames.images[row], clips.clips[100, 4])
    assert (frames.columns["clip"][row], frames.columns["time"][row]) == (100, 4)
    assert frames.labels[row] == clips.labels[100]
    for name in ("train", "valid", "test"):
        of_part = np.unique(frames.subset(name).columns["clip"])
        assert of_part.tolist() == clips.part(name).indices.tolist()
    assert torch.equal(frames.resplit(seed=3).test.indices, frames.test.indices)


def test_it_shows_itself_as_strips_of_film(clips):
    sheet_of_film = clips.show(n=3, split="test")
    pictures = [axes for axes in sheet_of_film.axes if axes.images]
    assert len(pictures) == 3 * 6
    assert pictures[0].get_ylabel() in NAMES
    assert "CC BY-SA 3.0" in sheet_of_film.get_supxlabel()
    assert sheet_of_film.png()[1:4] == b"PNG"


@pytest.mark.parametrize("wrong", [{"size": 8}, {"frames": 1}, {"per_class": 6}, {"size": True}, {"seed": -1}])
def test_sizes_that_make_no_sense_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(DataError, match=f"{name}={wrong[name]}: pass a whole number of at least"):
        load_clips(**wrong)


def test_an_unknown_part_is_refused(clips):
    with pytest.raises(DataError, match=r"no split 'tset'.*Did you mean .test"):
        clips.part("tset")


def test_some_motions_can_be_chosen(fresh_cache):
    clips = load_clips(size=32, frames=3, per_class=20, motions=("down", "left"))
    assert clips.classes == ("down", "left")
    assert clips.train.labels.bincount().tolist() == [12, 12]
    rows = clips.clips[clips.labels == 0, :, 0].sum(3).double()  # (n, T, H)
    place = -torch.fft.fft(rows, dim=-1)[..., 1].angle() / (2 * torch.pi)
    assert (((place[:, 1] - place[:, 0] + 0.5) % 1 - 0.5) > 0).all()


@pytest.mark.parametrize(
    ("motions", "told"),
    [
        (("left", "riight"), r"unknown motion 'riight'.*Did you mean .right"),
        ("left", "pass two or more different ones"),
        (("left", "left"), "pass two or more different ones"),
    ],
)
def test_motions_that_are_not_there_are_refused(motions, told):
    with pytest.raises(DataError, match=told):
        load_clips(motions=motions)
