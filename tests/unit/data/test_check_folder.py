"""Checking a folder says what would spoil a result, whatever the folder is."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image

from tlnb.core.errors import DataError
from tlnb.data import check_folder, load_data


@pytest.fixture
def pictures(tmp_path):
    """Write folders of textured pictures, all different: class -> count."""

    def write(name="pictures", seed=0, size=(96, 72), **classes):
        generator = np.random.default_rng(seed)
        for label, count in classes.items():
            (tmp_path / name / label).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                small = generator.integers(0, 256, (9, 12, 3), np.uint8)
                picture = Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)
                picture.save(tmp_path / name / label / f"{number:03}.png")
        return tmp_path / name

    return write


def check(folder, **options):
    return check_folder(folder, **({"size": 64, "progress": False} | options))


def test_a_sound_folder_has_nothing_to_be_told(pictures):
    report = check(pictures(cat=20, dog=20))
    assert (report.spoils, report.remarks, report.problems, report.duplicates) == ((), (), (), ())
    assert report.counts == {name: {"train": 12, "valid": 3, "test": 5} for name in ("cat", "dog")}
    assert report.images == 40 and str(report).endswith("Nothing here would spoil a result.")


def test_counts_are_those_of_the_split_that_is_loaded(pictures):
    folder = pictures(cat=33, dog=21)
    report, images = check(folder), load_data(folder, size=64, progress=False)
    for part in ("train", "valid", "test"):
        assert {name: row[part] for name, row in report.counts.items()} == images.subset(part).per_class


def test_what_was_checked_is_not_decoded_again(pictures, fresh_cache):
    folder = pictures(cat=20, dog=20)
    check(folder, size=80)
    stored = {path: path.stat().st_mtime_ns for path in fresh_cache.glob("images/*/images.npy")}
    load_data(folder, size=80, progress=False)
    assert len(stored) == 1
    assert {path: path.stat().st_mtime_ns for path in fresh_cache.glob("images/*/images.npy")} == stored


def test_sizes_are_counted_and_small_images_told(pictures):
    folder = pictures(cat=20, dog=20)
    Image.new("RGB", (300, 200), (9, 99, 9)).save(folder / "dog" / "large.png")
    Image.new("RGB", (30, 20), (9, 9, 99)).save(folder / "dog" / "small.png")
    report = check(folder)
    sizes = report.sizes
    assert (sizes.smallest, sizes.median, sizes.largest, sizes.wanted, sizes.smaller) == (20, 72, 200, 64, 1)
    assert "Sizes: shorter sides of 20 to 200 px, median 72; 1 below 64 px, to be enlarged." in str(report)
    assert "nearly blank images: 2; look whether they should be there" in report.remarks


def test_files_that_cannot_be_used_spoil_a_result(pictures):
    folder = pictures(cat=20, dog=20)
    (folder / "cat" / "000.png").write_bytes((folder / "cat" / "000.png").read_bytes()[:600])
    (folder / "cat" / "empty.png").touch()
    report = check(folder)
    assert [problem.path.name for problem in report.problems] == ["000.png", "empty.png"]
    assert report.spoils == ("2 file(s) cannot be used: mend or remove them, so that none is missed",)
    assert "cat/empty.png: the file is empty" in str(report)


def test_one_image_in_two_classes_spoils_a_result(pictures):
    folder = pictures(cat=20, dog=20)
    shutil.copy(folder / "cat" / "003.png", folder / "dog" / "copy.png")
    report = check(folder)
    (duplicate,) = report.duplicates
    assert duplicate.exact and duplicate.classes == ("cat", "dog")
    (spoilt,) = report.spoils
    assert "1 image(s) lie in two classes or more, such as 003.png and copy.png in cat and dog" in spoilt


def test_a_copy_within_a_class_is_told_and_spoils_nothing(pictures):
    folder = pictures(cat=20, dog=20)
    shutil.copy(folder / "cat" / "003.png", folder / "cat" / "copy.png")
    report = check(folder)
    assert report.spoils == ()
    assert "copies byte for byte within a class, which count twice: 1" in report.remarks


def resaved(source, target):
    Image.open(source).resize((80, 60)).save(target, quality=90)


def test_a_smaller_copy_with_another_label_is_told(pictures):
    folder = pictures(cat=20, dog=20)
    resaved(folder / "cat" / "003.png", folder / "dog" / "copy.jpg")
    report = check(folder)
    (duplicate,) = report.duplicates
    assert not duplicate.exact and duplicate.classes == ("cat", "dog")
    assert "groups of these with more than one label: 1, such as 003.png and copy.jpg: look at them" in report.remarks


@pytest.mark.parametrize("copy", [shutil.copy, resaved])
def test_copies_on_both_sides_of_a_given_split_spoil_a_result(pictures, copy):
    folder = pictures("data/train", cat=20, dog=20).parent
    pictures("data/test", seed=1, cat=5, dog=5)
    assert check(folder).spoils == ()
    copy(folder / "train" / "cat" / "003.png", folder / "test" / "cat" / "copy.png")
    report = check(folder)
    assert report.given and report.duplicates[0].parts[-1] == "test"
    (spoilt,) = report.spoils
    assert "on both sides of the split that the folder comes with, such as copy.png and 003.png in train" in spoilt


def test_groups_keep_copies_on_one_side_of_a_drawn_split(pictures):
    folder = pictures(cat=20, dog=20)
    for number in range(8):
        resaved(folder / "cat" / f"{number:03}.png", folder / "cat" / f"copy{number}.jpg")
    report = check(folder)
    assert any("on another side of the split that load_data draws" in remark for remark in report.remarks)
    images = load_data(folder, size=64, groups=report.groups, progress=False)
    homes = {row: part for part in ("train", "valid", "test") for row in images.subset(part).indices.tolist()}
    for duplicate in report.duplicates:
        assert len({homes[row] for row in duplicate.rows}) == 1


@pytest.mark.parametrize(
    ("prepare", "told"),
    [
        (lambda folder: shutil.rmtree(folder / "dog"), "there is one class only, 'cat'"),
        (lambda folder: [shutil.rmtree(folder / name) for name in ("cat", "dog")], "no images in "),
        (lambda folder: [file.unlink() for file in (folder / "dog").glob("00[1-9].png")], "too few to split"),
        (lambda folder: [file.write_bytes(b"") for file in (folder / "dog").iterdir()], "'dog' has no readable image"),
        (lambda folder: [file.write_bytes(b"") for file in folder.glob("*/*.png")], "none of the files can be read"),
        (
            lambda folder: [
                shutil.move(file, folder / f"{file.parent.name}{file.name}") for file in folder.glob("*/*")
            ],
            "20 images lie in ",
        ),
    ],
    ids=["one class", "nothing", "too few", "a class of damaged files", "all damaged", "no classes"],
)
def test_a_folder_that_cannot_be_loaded_is_reported_on(pictures, prepare, told):
    folder = pictures(cat=10, dog=10)
    prepare(folder)
    with pytest.raises(DataError):
        load_data(folder, size=64, progress=False)
    report = check(folder)
    assert any(told in spoilt for spoilt in report.spoils)
    assert str(report).startswith(str(folder)) and report._repr_html_().startswith("<div>")


def test_imbalance_is_told_beyond_ten_to_one(pictures):
    assert not check(pictures("even", cat=50, dog=5)).remarks
    (remark,) = check(pictures("uneven", cat=55, dog=5)).remarks
    assert remark.startswith("class 'cat' has 55 images and 'dog' 5, 11 times fewer")


def test_classes_that_differ_in_case_or_spaces_are_told(pictures):
    folder = pictures(cat=8, dog=8)
    (folder / "dog").rename(folder / "tmp")
    (folder / "tmp").rename(folder / "CAT ")
    assert "classes 'CAT ' and 'cat' differ in letter case or spaces only: are they one?" in check(folder).remarks


def test_one_size_or_colour_for_each_class_is_told(pictures):
    folder = pictures(cat=10)
    pictures(seed=1, size=(80, 64), dog=10)
    assert (
        "each class has one image size of its own: a model may learn the camera, not the thing" in check(folder).remarks
    )
    for file in (folder / "dog").iterdir():
        Image.open(file).convert("L").resize((96, 72)).save(file)
    (remark,) = check(folder).remarks
    assert remark == "some classes are all grey and others all coloured: a model may learn that, not the thing"


def test_twelve_bits_saved_as_sixteen_are_told(pictures):
    folder = pictures(cat=10, dog=10)
    twelve = np.random.default_rng(0).integers(0, 4096, (72, 96)).astype(np.uint16)
    Image.fromarray(twelve).save(folder / "cat" / "microscope.tif")
    (remark,) = check(folder).remarks
    assert remark.startswith("nearly black images: 1; 12-bit pictures")


def test_long_images_and_other_files_are_told(pictures):
    folder = pictures(cat=10, dog=10)
    noise = np.random.default_rng(0).integers(0, 256, (70, 300, 3), np.uint8)
    Image.fromarray(noise).save(folder / "cat" / "panorama.png")
    (folder / "cat" / "notes.txt").touch()
    assert check(folder).remarks == (
        "images more than twice as long as wide, of which less than half is kept: 1",
        "files that are no images by their ending were passed over: 1 .txt",
    )


def test_a_wrong_option_is_an_error_and_no_report(pictures, tmp_path):
    with pytest.raises(DataError, match="is not a folder"):
        check(tmp_path / "nowhere")
    with pytest.raises(DataError, match="no group named label"):
        check(pictures(cat=5, dog=5), pattern="cat")
    with pytest.raises(DataError, match="size=0"):
        check(pictures(cat=5, dog=5), size=0)


def test_checking_is_not_loading_for_the_record_of_what_was_used(pictures):
    from tlnb.core.used import snapshot, used_since

    before = snapshot()
    check(pictures(cat=10, dog=10))
    assert used_since(before) == {}
