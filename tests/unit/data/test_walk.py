"""Links are followed once, what systems leave behind is passed over, names may be anything, and what fails is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

import pytest

from tlnb.core.errors import DataError
from tlnb.data import check_folder, load_data
from tlnb.data.folder import find_folder

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other file systems take no such names")
ON_POSIX = pytest.mark.skipif(os.name != "posix", reason="links need a right on Windows")


def load(folder, **options):
    return load_data(folder, **({"size": 8, "progress": False} | options))


def reasons(images):
    return {problem.path.name: problem.reason for problem in images.problems}


def test_files_come_before_sub_folders_and_names_in_order(image_folder):
    # The order of files is the order of rows, on which splits and stored pixels depend.
    (image_folder / "red" / "deeper").mkdir()
    (image_folder / "red" / "red01.png").rename(image_folder / "red" / "deeper" / "a.png")
    listed = [file.relative_to(image_folder).as_posix() for file in find_folder(image_folder).files]
    walked = []
    for folder, below, names in os.walk(image_folder):
        below.sort()
        walked += [Path(folder, name).relative_to(image_folder).as_posix() for name in sorted(names)]
    assert listed == walked
    assert listed[-2:] == ["red/red09.png", "red/deeper/a.png"]


@ON_POSIX
def test_links_that_lead_nowhere_are_problems(image_folder):
    (image_folder / "corroded").symlink_to("/nowhere/corroded")
    (image_folder / "red" / "gone.png").symlink_to("/nowhere/gone.png")
    (image_folder / "red" / "a.png").symlink_to("b.png")
    (image_folder / "red" / "b.png").symlink_to("a.png")
    (image_folder / "red" / "home").symlink_to(image_folder)
    (image_folder / "red" / "self").symlink_to(image_folder / "red")
    images = load(image_folder)
    assert len(images) == 30
    assert reasons(images) == {
        "corroded": "a broken link: /nowhere/corroded is not there",
        "gone.png": "a broken link: /nowhere/gone.png is not there",
        "a.png": "a link in a loop",
        "b.png": "a link in a loop",
        "home": f"a link in a loop: it leads back to {image_folder.resolve()}",
        "self": f"a link in a loop: it leads back to {image_folder.resolve() / 'red'}",
    }


@ON_POSIX
def test_a_linked_file_is_an_image_like_others(image_folder, tmp_path):
    (image_folder / "red" / "red00.png").rename(tmp_path / "elsewhere.png")
    (image_folder / "red" / "red00.png").symlink_to(tmp_path / "elsewhere.png")
    images = load(image_folder)
    assert len(images) == 30 and images.problems == ()


@ON_POSIX
def test_what_lies_deeper_in_a_linked_class_counts_too(image_folder, tmp_path):
    (image_folder / "red").rename(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "more").mkdir()
    (tmp_path / "elsewhere" / "red00.png").rename(tmp_path / "elsewhere" / "more" / "x.png")
    (image_folder / "red").symlink_to(tmp_path / "elsewhere")
    assert load(image_folder).train.classes == ("blue", "green", "red")
    assert (load(image_folder).labels == 2).sum() == 10


@ON_POSIX
def test_a_folder_that_is_linked_to_twice_counts_once(image_folder):
    (image_folder / "scarlet").symlink_to(image_folder / "red")
    images = load(image_folder)
    assert images.classes == ("blue", "green", "red")
    assert "here already" in reasons(images)["scarlet"]


@ON_POSIX
def test_folders_that_link_to_each_other_end(image_folder):
    for name in ("red", "green", "blue"):
        for other in {"red", "green", "blue"} - {name}:
            (image_folder / name / f"to {other}").symlink_to(image_folder / other)
    images = load(image_folder)
    assert len(images) == 30 and len(images.problems) == 6


def test_what_systems_and_archives_leave_behind_is_passed_over_in_silence(image_folder):
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "._red00.png", "ehthumbs.db"):
        (image_folder / "red" / name).write_bytes(b"x")
    for name in ("__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information", ".ipynb_checkpoints"):
        (image_folder / name).mkdir()
        (image_folder / name / "x.png").write_bytes(b"x")
    images = load(image_folder)
    assert images.problems == () and images.classes == ("blue", "green", "red")
    assert check_folder(image_folder, size=64, progress=False).remarks == ()


FORBIDDEN = """
import os, sys
from pathlib import Path
from tlnb.data import decode_image, load_data
folder = Path(sys.argv[1])
decode_image((folder / "red" / "red00.png").read_bytes(), 8)  # imports what has to be read
if os.geteuid() == 0:
    os.seteuid(65534)  # whoever may do everything sees no forbidden file
images = load_data(folder, size=8, progress=False)
print(len(images), {problem.path.name: problem.reason for problem in images.problems})
os.seteuid(os.getuid())
"""


@ON_POSIX
def test_files_and_folders_that_may_not_be_read_are_problems(make_folder):
    import shutil

    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are closed to others
        Path(place).chmod(0o755)
        folder = Path(shutil.copytree(make_folder(), Path(place) / "pictures"))
        (folder / "red" / "private").mkdir()
        (folder / "red" / "private" / "x.png").write_bytes(b"x")
        (folder / "red" / "private").chmod(0)
        (folder / "red" / "red03.png").chmod(0)
        (Path(place) / "cache").mkdir(mode=0o777)
        (Path(place) / "cache").chmod(0o777)
        environment = {**os.environ, "TLNB_CACHE": str(Path(place) / "cache")}
        command = [sys.executable, "-c", FORBIDDEN, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        (folder / "red" / "private").chmod(0o755)
    assert done.returncode == 0, done.stderr
    told = {"private": "the folder cannot be read: Permission denied", "red03.png": "Permission denied"}
    assert done.stdout == f"29 {told}\n"


@pytest.mark.parametrize("name", ["größe", "犬", "кошка", "سگ‌ها", "with spaces", "a'b\"c", "100%", "#1"])
def test_classes_and_files_may_be_named_in_any_script(make_folder, name):
    if os.name == "nt" and '"' in name:
        pytest.skip("Windows allows no quotation marks")
    images = load(make_folder(classes=(name, "other")))
    assert unicodedata.normalize("NFC", name) in images.classes and len(images) == 20
    assert len(images.key) == 64


@ON_LINUX
def test_names_that_are_no_text_are_loaded_and_can_be_printed(make_folder):
    folder = make_folder(classes=("cl\udce9", "other"))
    (folder / "other" / "ros\udce9\udcff.png").write_bytes(b"")
    (folder / "other" / "two\nlines\x1b[31m.png").write_bytes(b"")
    folder = folder.rename(folder.with_name("r\udcf6ot"))
    images = load(folder)
    assert images.classes == ("cl\\xe9", "other") and len(images) == 20
    assert len(images.key) == 64
    shown = "\n".join([str(images.card), repr(images), str(images.summary()), *map(str, images.problems)])
    assert shown.encode()
    assert "ros\\xe9\\xff.png: the file is empty" in shown and "two\\nlines\\x1b[31m.png" in shown
    assert json.dumps(check_folder(folder, size=8, progress=False).plain(), ensure_ascii=False).encode()


def test_a_very_long_name_is_a_name(image_folder):
    file = image_folder / "red" / "red00.png"
    file.rename(file.with_name("x" * 240 + ".png"))
    assert len(load(image_folder)) == 30


def test_one_name_with_accents_written_in_two_ways_is_one_class(make_folder):
    composed, apart = (unicodedata.normalize(form, "Größe") for form in ("NFC", "NFD"))
    make_folder("data/train", classes=(composed, "other"))
    make_folder("data/test", classes=(apart, "other"), per_class=3, seed=1)
    root = make_folder("data/train", classes=(composed, "other")).parent
    assert load(root).classes == (composed, "other")


def test_a_table_may_write_names_as_windows_does_where_the_disk_has_those_of_macos(make_folder):
    composed, apart = (unicodedata.normalize(form, "größe") for form in ("NFC", "NFD"))
    folder = make_folder(classes=(apart, "other"))
    rows = [f"{name}\\{name}{number:02}.png,{name}" for name in (composed, "other") for number in range(10)]
    table = folder / "labels.csv"
    table.write_text("\n".join(["file,label", *rows]), encoding="utf-8")
    images = load(folder, labels=table)
    assert len(images) == 20 and images.problems == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("file,label\nröd.png,röd\n".encode("cp1252"), r"is not in UTF-8: save it anew as .CSV UTF-8."),
        (b'file,label\n"' + b"x" * 200_000 + b'",red\n', "is no table that can be read, near line"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(image_folder, content, message):
    (image_folder / "labels.csv").write_bytes(content)
    with pytest.raises(DataError, match=message):
        load(image_folder, labels=image_folder / "labels.csv")


def test_a_folder_of_other_things_says_what_it_holds(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.txt").touch()
    (tmp_path / "scan").touch()
    with pytest.raises(DataError, match=r"no images in .* \(but files of other kinds: 1 without ending, 3 .txt\)"):
        load(tmp_path)


def test_every_class_that_is_too_small_is_named(make_folder):
    folder = make_folder(classes=("a", "b", "c"), per_class=1)
    with pytest.raises(DataError, match=r"'a' has 1 image\(s\), 'b' has 1 image\(s\), 'c' has 1 .*too few to split"):
        load(folder)


def test_one_image_in_two_classes_is_warned_of_with_an_example_and_what_to_do(image_folder, caplog):
    (image_folder / "blue" / "sky.png").write_bytes((image_folder / "red" / "red04.png").read_bytes())
    load(image_folder)
    (message,) = [record.getMessage() for record in caplog.records if "two classes" in record.getMessage()]
    assert message.startswith("1 image(s) lie in two classes or more, byte for byte, such as ")
    assert "sky.png" in message and "red04.png" in message and "delete the wrong copies" in message


def test_copies_within_one_class_are_no_contradiction(image_folder, caplog):
    (image_folder / "red" / "again.png").write_bytes((image_folder / "red" / "red04.png").read_bytes())
    load(image_folder)
    assert not caplog.records
