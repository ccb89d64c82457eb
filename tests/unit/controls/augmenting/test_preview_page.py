"""What the page is sent: the pixels that training sees, the first tile alone, and nothing that was overtaken."""

from __future__ import annotations

import json
import time

import pytest
import torch
from previewed import START, AugmentationPreview, did, opened, parts, tiles

import tlnb
from tlnb.controls.augmenting.pictures import LARGE, TILE
from tlnb.core.random_lock import RANDOM_LOCK
from tlnb.data.show import choose
from tlnb.training import Recipe
from tlnb.training.batches import Batches


@pytest.fixture
def control(small_model, bright_images):
    return AugmentationPreview(small_model, START, bright_images)


@pytest.fixture
def view(page, control):
    return opened(page, control)


def same(pictures, pixels):
    """Say whether pictures are these pixels, uint8 (n, 3, H, W)."""
    return all((a == b).all() for a, b in zip(pictures, pixels.permute(0, 2, 3, 1).numpy(), strict=True))


def test_the_tiles_are_what_the_training_loop_shows_in_its_first_epoch(view, control, small_model, bright_images):
    did(view, "add", name="mixup")
    batches = Batches(bright_images, tlnb.model_card(small_model), control.recipe, torch.device("cpu"))
    places = choose(bright_images.train.labels.numpy(), 12, seed=0).tolist()
    order = batches.order(0)
    trained = {
        place: row for batch in order for place, row in zip(batch.tolist(), batches.batch(0, batch)[0], strict=True)
    }
    exact = torch.stack([trained[place] for place in places])
    assert torch.equal(batches.ready(control.pixels()), exact)
    assert same(tiles(view), control.pixels())


def test_the_same_draw_whatever_the_strength_and_the_same_bytes_again(view):
    before = [content for _, _, content, _ in view.heard if content["kind"] == "tiles"]
    assert before
    first = [bytes(one) for _, _, content, buffers in view.heard if content["kind"] == "tiles" for one in buffers]
    did(view, "set", name="rotation", strength=0.1)
    did(view, "set", name="rotation", strength=0.6)
    again = [bytes(one) for _, _, content, buffers in view.heard if content["kind"] == "tiles" for one in buffers]
    assert first == again


def test_the_first_tile_comes_first_and_alone_then_the_others_then_the_rest(view):
    did(view, "set", name="rotation", strength=0.3)
    kinds = [content["kind"] for _, _, content, _ in view.heard if content["kind"] != "state"]
    assert kinds == ["tiles", "tiles", "tiles", "cost", "opinion", "strip"][: len(kinds)]
    counts = [len(pictures) for _, pictures in parts(view, "tiles")]
    assert counts == [1, 3, 8]
    numbers = {content["number"] for content, _ in parts(view, "tiles")}
    assert len(numbers) == 1 and view.of("opinion")[0]["number"] in numbers


def test_pixels_are_made_in_a_thread_and_the_answer_does_not_wait_for_them(view):
    with RANDOM_LOCK:  # as a training holds it, for a step
        view.do("set", name="rotation", strength=0.25)
        assert view.state["steps"][0]["strength"] == 0.25
        assert not view.control.wait(0.05)
    assert view.control.wait(60)
    threads = {thread for _, thread, content, _ in view.heard if content["kind"] == "tiles"}
    assert threads == {"tlnb-newest"}


def test_rapid_drags_do_not_queue_up(view):
    del view.heard[:]
    with RANDOM_LOCK:
        for i in range(100):
            view.do("set", name="rotation", strength=round(0.01 * i, 2))
    assert view.control.wait(60)
    renders = {content["number"] for content in view.of("tiles")}
    assert 1 <= len(renders) <= 2  # the one under way, and the newest
    assert same(tiles(view), view.control.pixels())


def test_on_a_slow_line_nothing_is_sent_before_the_page_has_what_was_sent(view):
    control = view.control
    acknowledge = {"kind": "arrived", "number": view.of("tiles")[-1]["number"]}
    control._receive(None, acknowledge, [])
    del view.heard[:]
    view.do("set", name="rotation", strength=0.11)
    assert control.wait(60) and view.of("tiles")  # the page had the ones before; these are now on their way
    first = view.of("tiles")[-1]["number"]
    del view.heard[:]
    for i in range(20):
        view.do("set", name="rotation", strength=round(0.2 + 0.01 * i, 2))
        time.sleep(0.01)
    assert not view.of("tiles")
    control._receive(None, {**acknowledge, "number": first}, [])
    assert control.wait(60)
    assert {content["number"] for content in view.of("tiles")} == {first + 1}
    assert same(tiles(view), control.pixels())


def test_a_page_that_does_not_acknowledge_is_waited_for_not_longer_than_a_second(view):
    view.control._receive(None, {"kind": "arrived", "number": view.of("tiles")[-1]["number"]}, [])
    for strength in (0.11, 0.12):
        did(view, "set", name="rotation", strength=strength)
        assert same(tiles(view), view.control.pixels())


def test_what_has_not_changed_is_not_sent_again(view):
    view.control.shared.change(learning_rate=0.5)
    del view.heard[:]
    did(view, "focus", name="flip")
    assert not view.of("tiles") and not view.of("untouched")
    did(view, "focus", name="rotation")
    assert len(view.of("strip")) == 1 and not view.of("tiles")
    did(view, "set", name="rotation", strength=0.35)  # the strip along it stays what it is
    assert view.of("tiles") and not view.of("strip")
    did(view, "set", name="flip", strength=0.35)
    assert view.of("strip")[0]["name"] == "flip"


def test_nobody_looks_and_nothing_is_computed(control, page):
    view = page(control)
    control.set_strength("rotation", 0.2)
    control.epoch = 3
    assert control.wait(1) and view.heard == []


def test_a_second_view_is_sent_all_of_it(view, control):
    del view.heard[:]
    view.open("b")
    assert control.wait(60)
    assert {"about", "state", "tiles", "untouched", "opinion", "strip"} <= {
        content["kind"] for *_, content, _ in view.heard
    }


def test_another_draw_is_that_of_the_next_epoch(view, control):
    first = tiles(view)
    did(view, "draw", epoch=2)
    assert view.state["epoch"] == 2 and "Epoch 2 of a training with seed 0" in view.state["note"]
    assert same(tiles(view), control.pixels()) and any((a != b).any() for a, b in zip(first, tiles(view), strict=True))
    did(view, "draw", epoch=1)
    assert all((a == b).all() for a, b in zip(first, tiles(view), strict=True))


def test_the_strip_shows_one_image_along_one_strength(view, control):
    did(view, "choose", image=4)
    (content, frames), *more = parts(view, "strip")
    assert not more and content["image"] == 4 and content["name"] == "flip" and len(frames) == len(content["strengths"])
    for strength, frame in zip(content["strengths"], frames, strict=True):
        control.set_strength("flip", strength)
        assert same([frame], control.pixels()[4:5])


@pytest.mark.slow
def test_large_images_are_sent_small_but_for_the_one_that_is_looked_at(page, small_model):
    pixels = torch.randint(0, 256, (30, 1, 500, 500), dtype=torch.uint8)
    images = tlnb.ImageData.from_tensors(pixels, torch.arange(30) % 2, ["odd", "even"])
    view = opened(page, AugmentationPreview(small_model, Recipe(augmentation=[("flip", 1.0)]), images))
    assert [len(picture) for picture in tiles(view)] == [LARGE, *[TILE] * 11]
    did(view, "choose", image=5)
    assert [len(picture) for picture in tiles(view)] == [*[TILE] * 5, LARGE, *[TILE] * 6]
    assert [len(picture) for _, some in parts(view, "untouched") for picture in some][5] == LARGE


@pytest.mark.parametrize("count", [1, 2, 5])
def test_there_may_be_few_images(page, small_model, bright_images, count):
    recipe = Recipe(augmentation=[("flip", 1.0), ("mixup", 0.5), ("cutmix", 0.5)])
    view = opened(page, AugmentationPreview(small_model, recipe, bright_images, places=range(count)))
    assert len(tiles(view)) == count and view.of("about")[0]["count"] == count
    assert f"{count} training image{'s' * (count > 1)}, as" in view.state["says"]


def test_mixed_labels_are_told_with_their_shares(view):
    did(view, "add", name="cutmix", strength=1.0)
    labels = [label for content in view.of("tiles") for label in content["labels"]]
    assert len(labels) == 12 and any(len(label) == 2 for label in labels)
    assert all(sum(share for _, share in label) == pytest.approx(1, abs=0.02) for label in labels)
    did(view, "switch", name="cutmix", on=False)
    assert all(len(label) == 1 for content in view.of("tiles") for label in content["labels"])


def test_a_hundred_classes_and_names_that_are_code(page):
    names = [f"<img src=x onerror=alert({i})>" for i in range(100)]
    pixels = torch.randint(0, 256, (400, 3, 16, 16), dtype=torch.uint8)
    images = tlnb.ImageData.from_tensors(pixels, torch.arange(400) % 100, names)
    model = tlnb.create_model("test_resnet", images, weights="random")
    view = opened(page, AugmentationPreview(model, Recipe(augmentation=[("mixup", 1.0)]), images))
    about = view.of("about")[0]
    assert about["classes"] == names and len({label[0][0] for c in view.of("untouched") for label in c["labels"]}) == 12
    assert json.loads(json.dumps(about)) == json.loads(json.dumps(about))


def test_the_cost_is_measured(view):
    did(view, "add", name="aug_mix")
    assert view.of("cost")[0]["milliseconds"] > 0


def test_the_attribution_and_what_validation_sees_are_told(page, small_model, bright_images):
    import dataclasses

    card = dataclasses.replace(bright_images.card, attribution="Squares: nobody")
    view = opened(page, AugmentationPreview(small_model, START, dataclasses.replace(bright_images, card=card)))
    assert view.of("about")[0]["credit"] == "Squares: nobody"
    assert "pixels" in view.of("about")[0]["evaluation"]


def test_an_error_in_the_thread_is_told(view, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("no memory")

    monkeypatch.setattr(view.control._shown, "by", fail)
    assert "The images could not be shown: no memory" in did(view, "set", name="rotation", strength=0.33)
    monkeypatch.undo()
    did(view, "set", name="rotation", strength=0.34)
    assert len(tiles(view)) == 12


def test_closing_ends_the_thread(control, page):
    opened(page, control)
    thread = control._rendering._worker._thread
    control.close()
    thread.join(10)
    assert not thread.is_alive()


def test_random_numbers_of_others_are_left_alone(view):
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    did(view, "set", name="rotation", strength=0.9)
    assert torch.equal(torch.rand(3), wanted)


def test_the_messages_are_small(view):
    did(view, "set", name="rotation", strength=0.9)
    for *_, content, _ in view.heard:
        limit = 6000 if content["kind"] == "state" else 2000
        assert len(json.dumps(content)) < limit, content["kind"]


def test_the_still_picture_is_a_png_beside_the_sentence(control):
    data, _ = control._repr_mimebundle_()
    assert data["image/png"][:4] == b"\x89PNG" and data["text/plain"] == repr(control)
