"""What every test has: a cache of its own, few threads, and small folders of generated images."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

import tlnb  # noqa: F401  before torch: it decides how torch's threads wait

# A first example pays for imports, and these machines are shared: a deadline would test the weather.
settings.register_profile("tlnb", deadline=None)
settings.load_profile("tlnb")

COLOURS = {"blue": (40, 60, 200), "green": (40, 180, 60), "red": (210, 50, 40)}


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Use a fresh cache folder in each session, or TLNB_TEST_CACHE, where CI keeps stored images."""
    kept = os.environ.get("TLNB_TEST_CACHE")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("cache")
    before = os.environ.get("TLNB_CACHE")
    os.environ["TLNB_CACHE"] = str(folder)
    yield folder
    if before is None:
        del os.environ["TLNB_CACHE"]
    else:
        os.environ["TLNB_CACHE"] = before


@pytest.fixture(scope="session", autouse=True)
def jupyter_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep signatures of copied lessons out of the user's own data base."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_DATA_DIR", str(tmp_path_factory.mktemp("jupyter-data")))
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a home of its own: no test reads or writes what a learner did."""
    folder = tmp_path / "home"
    monkeypatch.setenv("TLNB_HOME", str(folder))
    return folder


@pytest.fixture(scope="session", autouse=True)
def threads() -> None:
    """One torch thread for each xdist worker: more of them fight for the cores."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        import torch

        torch.set_num_threads(1)


@pytest.fixture
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use an empty cache folder, for tests of the cache itself."""
    folder = tmp_path / "fresh-cache"
    monkeypatch.setenv("TLNB_CACHE", str(folder))
    return folder


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[..., Path]:
    """Make folders of small PNG files: a sub-folder for each class, images of its colour with noise."""
    return lambda name="pictures", **options: write_folder(tmp_path / name, **options)


@pytest.fixture
def image_folder(make_folder: Callable[..., Path]) -> Path:
    """Three classes of ten images, 24 x 20 pixels."""
    return make_folder()


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many images went through layers to be stored, each time that some did."""
    from tlnb.backbones.stored import StoredFeatures

    counts: list[int] = []
    own = StoredFeatures._compute

    def count(self: StoredFeatures, *options: object) -> None:
        before = self.computed
        own(self, *options)
        counts.append(self.computed - before)

    monkeypatch.setattr(StoredFeatures, "_compute", count)
    return counts


def write_folder(
    root: Path,
    classes: tuple[str, ...] = tuple(COLOURS),
    per_class: int = 10,
    mode: str = "RGB",
    seed: int = 0,
) -> Path:
    """Write an image folder: a sub-folder for each class, images of its colour with noise."""
    from PIL import Image

    generator = np.random.default_rng(seed)
    for place, name in enumerate(classes):
        (root / name).mkdir(parents=True, exist_ok=True)
        colour = COLOURS.get(name, (60 + 40 * place, 200 - 40 * place, 100))
        for number in range(per_class):
            pixels = np.clip(generator.normal(colour, 20, (20, 24, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).convert(mode).save(root / name / f"{name}{number:02}.png")
    return root
