"""Labels come from folders, from a table or from file names, and what cannot be used is said."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest
from PIL import Image

from tlnb.core.errors import DataError
from tlnb.data import load_data


def load(source, **options):
    return load_data(source, **({"size": 8, "progress": False} | options))


def write_table(root, rows, header="file,label", name="labels.csv"):
    (root / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return root / name


def flat(folder):
    """Move all images up into the folder itself."""
    for file in sorted(folder.rglob("*.png")):
        file.rename(folder / file.name)
    for below in folder.iterdir():
        if below.is_dir():
            below.rmdir()
    return folder


def reasons(images):
    return {problem.path.name: problem.reason for problem in images.problems}


def test_each_sub_folder_is_a_class(image_folder):
    images = load(image_folder)
    assert images.classes == ("blue", "green", "red")
    assert tuple(images.images.shape) == (30, 3, 8, 8)
    assert [images.classes[label] for label in images.labels] == [file.parent.name for file in images.files]
    strongest = images.images.float().mean((2, 3)).argmax(1)  # which of red, green and blue
    assert [("red", "green", "blue")[channel] for channel in strongest] == [
        images.classes[label] for label in images.labels
    ]


def test_images_deeper_down_belong_to_the_class_at_the_top(image_folder):
    (image_folder / "red" / "more").mkdir()
    (image_folder / "red" / "red00.png").rename(image_folder / "red" / "more" / "x.PNG")
    assert (load(image_folder).labels == 2).sum() == 10


def test_classes_that_are_numbers_are_sorted_as_numbers(make_folder):
    assert load(make_folder(classes=("10", "9", "1"))).classes == ("1", "9", "10")


def test_a_given_division_is_kept(make_folder):
    root = make_folder("data/train")
    make_folder("data/Val", per_class=2, seed=1)
    make_folder("data/test", per_class=3, seed=2)
    images = load(root.parent)
    assert images.classes == ("blue", "green", "red")
    for part, name, count in (
        (images.train, "train", 30),
        (images.valid, "Val", 6),
        (images.test, "test", 9),
    ):
        assert len(part) == count
        assert {images.files[row].parts[-3] for row in part.indices} == {name}
    assert images.resplit(seed=5).test.indices.tolist() == images.test.indices.tolist()


def test_without_a_validation_folder_it_is_drawn_from_the_training_images(make_folder):
    root = make_folder("data/train", per_class=20)
    make_folder("data/test", per_class=3, seed=2)
    images = load(root.parent, valid=0.2)
    assert (len(images.train), len(images.valid), len(images.test)) == (48, 12, 9)
    assert {images.files[row].parts[-3] for row in images.valid.indices} == {"train"}


def test_a_class_may_be_called_train(make_folder):
    assert load(make_folder(classes=("bus", "car", "train"))).classes == ("bus", "car", "train")


def test_a_table_gives_labels_groups_and_other_columns(image_folder):
    folder = flat(image_folder)
    rows = [f"{file.name},{'warm' if 'red' in file.name else 'cold'},{file.stem[-1]},0.5" for file in folder.iterdir()]
    images = load(folder, labels=write_table(folder, rows, "file,label,group,dose"))
    assert images.classes == ("cold", "warm")
    assert (images.labels == 1).sum() == 10
    assert images.columns["dose"].tolist() == [0.5] * 30
    homes = [set(part.columns["group"].tolist()) for part in (images.train, images.valid, images.test)]
    assert not (homes[0] & homes[1] or homes[0] & homes[2] or homes[1] & homes[2])


def test_a_table_from_a_spreadsheet_may_have_semicolons_and_a_byte_order_mark(image_folder):
    rows = [f"{file.relative_to(image_folder)}; {file.parent.name}" for file in image_folder.rglob("*.png")]
    table = write_table(image_folder, rows, "\ufefffile;label")
    assert load(image_folder, labels=table).classes == ("blue", "green", "red")


def test_a_table_may_say_the_split(image_folder):
    rows = []
    for file in sorted(image_folder.rglob("*.png")):
        split = {"0": "test", "1": "validation"}.get(file.stem[-1], "train")
        rows.append(f"{file.relative_to(image_folder)},{file.parent.name},{split}")
    images = load(image_folder, labels=write_table(image_folder, rows, "file,label,split"))
    assert (len(images.train), len(images.valid), len(images.test)) == (24, 3, 3)


def test_lines_of_a_table_that_cannot_be_used_are_problems(image_folder):
    rows = [f"{file.relative_to(image_folder)},{file.parent.name}" for file in sorted(image_folder.rglob("*.png"))]
    table = write_table(image_folder, [*rows, rows[0], "gone.png,red", "red/red01.png,"])
    images = load(image_folder, labels=table)
    assert len(images) == 30
    assert sorted(problem.reason for problem in images.problems) == [
        "it is listed twice; the first line counts",
        "it is listed twice; the first line counts",
        "it is listed, but there is no such file",
    ]


def test_a_table_without_the_columns_names_those_it_has(image_folder):
    table = write_table(image_folder, ["red/red00.png,red"], "file,Label")
    with pytest.raises(DataError, match=r"no column 'label' but file, Label.*Did you mean .Label"):
        load(image_folder, labels=table)


def test_a_pattern_reads_labels_and_groups_from_names(image_folder):
    images = load(flat(image_folder), pattern=r"(?P<label>red|blue)(?P<group>\d+)")
    assert images.classes == ("blue", "red")
    assert len(images) == 20
    assert len(images.problems) == 10
    assert set(reasons(images).values()) == {"its name does not match the pattern"}
    assert sorted(set(images.columns["group"].tolist())) == list(range(10))


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(?P<label>red", "no regular expression"),
        ("red", "no group named label"),
        ("(?P<label>pink)", "matches no"),
    ],
)
def test_a_pattern_that_cannot_work_is_refused(image_folder, pattern, message):
    with pytest.raises(DataError, match=message):
        load(image_folder, pattern=pattern)


def test_a_truncated_file_is_a_problem_and_the_rest_goes_on(image_folder):
    victim = image_folder / "red" / "red03.png"
    victim.write_bytes(victim.read_bytes()[:-400])
    (image_folder / "red" / "text.png").write_text("no image at all")
    (image_folder / "red" / "empty.png").touch()
    (image_folder / "red" / "phone.heic").write_bytes(b"...")
    (image_folder / "notes.txt").write_text("not an image, and not called one")
    images = load(image_folder)
    assert len(images) == len(images.images) == len(images.labels) == len(images.files) == 29
    assert victim not in images.files
    found = reasons(images)
    assert set(found) == {"red03.png", "text.png", "empty.png", "phone.heic"}
    assert "truncated" in found["red03.png"]
    assert found["empty.png"] == "the file is empty"
    assert "save it as PNG or JPEG" in found["phone.heic"]
    assert tuple(images.pixels(12, 10).shape) == (29, 3, 10, 10)
    # rows still belong to their files, behind the gap too
    assert (images.images[-1] == load_one(images.files[-1])).all()


def load_one(file):
    from tlnb.data import decode_image

    return decode_image(file, 8)


def test_a_linked_class_folder_counts_and_a_loop_does_no_harm(image_folder, tmp_path):
    shutil.move(image_folder / "red", tmp_path / "elsewhere")
    (image_folder / "red").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "elsewhere" / "loop").symlink_to(image_folder, target_is_directory=True)
    images = load(image_folder)
    assert images.train.classes == ("blue", "green", "red")
    assert len(images) == 30


def test_hidden_files_are_passed_over(image_folder):
    (image_folder / "red" / "._red00.png").write_bytes(b"left behind by an archive")
    (image_folder / "__MACOSX").mkdir()
    (image_folder / "__MACOSX" / "x.png").write_bytes(b"too")
    assert load(image_folder).problems == ()


def test_grey_files_give_one_channel_and_one_coloured_file_gives_three(make_folder):
    folder = make_folder(mode="L")
    assert load(folder).images.shape[1] == 1
    Image.new("RGB", (20, 20), (9, 9, 200)).save(folder / "blue" / "blue00.png")
    assert load(folder).images.shape[1] == 3


def test_a_wide_and_a_tall_image_are_cropped_in_the_centre(image_folder):
    for name, size in (("wide", (80, 20)), ("tall", (20, 80))):
        picture = np.zeros((size[1], size[0], 3), np.uint8)
        picture[size[1] // 2 - 5 : size[1] // 2 + 5, size[0] // 2 - 5 : size[0] // 2 + 5] = 255
        Image.fromarray(picture).save(image_folder / "red" / f"{name}.png")
    images = load(image_folder, size=20)
    for name in ("wide", "tall"):
        (row,) = (row for row, file in enumerate(images.files) if file.stem == name)
        assert (images.images[row, :, 5:15, 5:15] == 255).all()
        assert images.images[row].sum() == 3 * 100 * 255


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda folder: flat(folder), "30 images lie in .* in no class folders"),
        (
            lambda folder: [shutil.rmtree(folder / name) for name in ("red", "blue")],
            "one class only, 'green'",
        ),
        (lambda folder: [shutil.rmtree(folder / name) for name in ("red", "blue", "green")], "no images in"),
        (
            lambda folder: [file.unlink() for file in (folder / "red").glob("red0[2-9].png")],
            "too few to split",
        ),
        (
            lambda folder: [file.write_text("x") for file in (folder / "red").iterdir()],
            "'red' has no readable image",
        ),
    ],
    ids=["no folders", "one class", "nothing", "too few", "all damaged"],
)
def test_a_folder_that_cannot_be_used_says_why(image_folder, prepare, message):
    prepare(image_folder)
    with pytest.raises(DataError, match=message):
        load(image_folder)


def test_an_unknown_name_says_what_there_is():
    expected = "no data set and no folder 'elvp'. Did you mean \"elpv\"? Named sets: elpv, photos, emoji,"
    with pytest.raises(DataError, match=re.escape(expected)):
        load("elvp")


def test_a_file_is_no_folder(image_folder):
    with pytest.raises(DataError, match="is not a folder"):
        load(image_folder / "red" / "red00.png")


def test_options_of_one_kind_of_source_are_refused_for_another(image_folder):
    for source, options in (("photos", {"pattern": "x"}), (image_folder, {"task": "defect"})):
        with pytest.raises(DataError):
            load(source, **options)
    with pytest.raises(DataError, match="size=0"):
        load(image_folder, size=0)
