"""Test-time augmentation: fixed views of each image, and the mean of the answers."""

from __future__ import annotations

import pytest
import torch

from tlnb.core.errors import DataError, RecipeError
from tlnb.data.augmentation import Augmenter, check_view_steps, image_views, predict_with_views


def test_the_first_view_is_the_image_and_the_second_its_mirror_image(photographs):
    views = list(image_views(photographs, 4))
    assert torch.equal(views[0], photographs)
    assert torch.equal(views[1], photographs.flip(-1))
    assert all(view.shape == photographs.shape and view.dtype == torch.uint8 for view in views)
    assert len({view.numpy().tobytes() for view in views}) == 4


def test_without_flips_no_view_is_mirrored(photographs):
    views = list(image_views(photographs, 3, [("rotation", 0.2)]))
    assert not any(torch.equal(view, photographs.flip(-1)) for view in views)
    drawn, _ = Augmenter([("rotation", 0.2)], 64)(photographs, seed=0, epoch=1, rows=range(7))
    assert torch.equal(views[1], drawn)


def test_views_are_the_same_again_and_in_other_batches(photographs):
    whole = torch.stack(list(image_views(photographs, 5)))
    parts = [torch.stack(list(image_views(photographs[r], 5, rows=r))) for r in (torch.arange(3), torch.arange(3, 7))]
    assert torch.equal(whole, torch.cat(parts, 1))
    assert not torch.equal(whole, torch.stack(list(image_views(photographs, 5, seed=1))))


def test_more_views_go_on_where_fewer_stopped(photographs):
    few, many = image_views(photographs, 3), image_views(photographs, 6)
    for view in few:
        assert torch.equal(view, next(many))


def test_probabilities_are_averaged_not_logits(photographs):
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn(3 * 64 * 64, 5, generator=generator) / 64

    def predict(images):
        return images.flatten(1).float() @ weights / 50

    found = predict_with_views(predict, photographs, 4)
    each = [predict(view).softmax(1) for view in image_views(photographs, 4)]
    torch.testing.assert_close(found, torch.stack(each).mean(0))
    torch.testing.assert_close(found.sum(1), torch.ones(7))
    logits = torch.stack([predict(view) for view in image_views(photographs, 4)]).mean(0)
    assert not torch.allclose(found, logits.softmax(1), atol=1e-3)


def test_one_view_is_the_plain_prediction(photographs):
    found = predict_with_views(lambda images: images.float().mean((2, 3)), photographs, 1, steps=[])
    torch.testing.assert_close(found, photographs.float().mean((2, 3)).softmax(1))


def test_a_model_that_sees_no_difference_answers_as_before(photographs):
    def size_only(images):
        return torch.tensor([[1.0, 2.0, 3.0]]).expand(len(images), -1)

    torch.testing.assert_close(predict_with_views(size_only, photographs, 6), size_only(photographs).softmax(1))


@pytest.mark.parametrize(
    ("steps", "views", "says"),
    [
        ([("mixup", 0.5)], 2, "'mixup' mixes images"),
        ([("cutmix", 0)], 2, "'cutmix' mixes images"),
        ([("flip", 0)], 2, "would all be the image itself"),
        ([("flip", 0.5)], 0, "views=0"),
        ([("flip", 0.5)], 2.0, "views=2.0"),
        ([("flipp", 0.5)], 2, 'Did you mean "flip"'),
    ],
)
def test_what_makes_no_views_is_refused_before_the_first(steps, views, says, photographs):
    for check in (lambda: check_view_steps(steps, views), lambda: image_views(photographs, views, steps)):
        with pytest.raises(RecipeError, match=says):
            check()


def test_images_that_are_not_square_or_normalised_are_refused(photographs):
    with pytest.raises(DataError, match="64 x 60 pixels"):
        image_views(photographs[..., :60], 2)
    with pytest.raises(DataError, match="before they are normalised"):
        image_views(photographs / 255, 2)
