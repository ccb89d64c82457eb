"""Archives are opened without trust."""

from __future__ import annotations

import bz2
import gzip
import io
import stat
import tarfile
import zipfile

import pytest

from tlnb.core.errors import DataError
from tlnb.data.online.archives import Limits, is_archive, unpack

FILES = {"set/a/one.txt": b"one", "set/b/two.txt": b"two" * 1000, "set/empty.txt": b""}


def write_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_tar(path, files, *members):
    with tarfile.open(path, "w:" + ("" if path.suffix == ".tar" else path.suffix[1:].replace("tgz", "gz"))) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member in members:
            archive.addfile(member)
    return path


def write(path, files):
    return (write_zip if path.suffix == ".zip" else write_tar)(path, files)


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def special(name, kind, target=""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", ["s.zip", "s.tar", "s.tar.gz", "s.tgz", "s.tar.bz2", "s.tar.xz"])
def test_every_kind_is_unpacked(tmp_path, target, name):
    archive = write(tmp_path / name, FILES)
    assert is_archive(archive) and unpack(archive, target, progress=False) == 3
    assert contents(target) == FILES


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_a_single_file_is_unpacked_under_its_own_name(tmp_path, target, ending, pack):
    archive = tmp_path / f"labels.h5{ending}"
    archive.write_bytes(pack(b"labels"))
    assert unpack(archive, target, progress=False) == 1 and contents(target) == {"labels.h5": b"labels"}


def test_other_files_are_no_archives(tmp_path):
    assert not any(is_archive(tmp_path / name) for name in ("labels.mat", "set.npz", "zip", "train.csv"))


@pytest.mark.parametrize("kind", ["s.zip", "s.tar.gz"])
@pytest.mark.parametrize(
    "name",
    ["../out.txt", "a/../../out.txt", "/out.txt", "..\\out.txt", "\\\\server\\out.txt", "C:\\out.txt", "C:out.txt"],
)
def test_nothing_is_written_outside_the_folder(tmp_path, target, kind, name):
    archive = write(tmp_path / kind, {name: b"out"})
    with pytest.raises(DataError, match=r"is not unpacked: .* lies outside the folder it belongs to"):
        unpack(archive, target, progress=False)
    assert {path.name for path in tmp_path.iterdir()} == {kind, "target"} and not contents(target)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path, target, kind):
    archive = write_tar(tmp_path / "s.tar", {"fine.txt": b""}, special("trap", kind, "/etc/passwd"))
    with pytest.raises(DataError, match="'trap' is a link or a device"):
        unpack(archive, target, progress=False)
    assert set(contents(target)) == {"fine.txt"}


def test_links_in_a_zip_are_refused(tmp_path, target):
    member = zipfile.ZipInfo("trap")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        archive.writestr(member, "/etc/passwd")
    with pytest.raises(DataError, match="'trap' is a link or a device"):
        unpack(tmp_path / "s.zip", target, progress=False)
    assert not contents(target)


@pytest.mark.parametrize("name", ["s.zip", "s.tar.gz", "s.tar.bz2", "s.tar.xz"])
def test_a_bomb_is_refused_before_it_is_written(tmp_path, target, name):
    archive = write(tmp_path / name, {"zeros": bytes(20_000_000)})
    with pytest.raises(DataError, match="its files have more than"):
        unpack(archive, target, limits=Limits(small=1_000_000), progress=False)
    assert not contents(target)


def test_a_bomb_that_says_no_size_stops_at_the_bound(tmp_path, target):
    archive = tmp_path / "zeros.gz"
    archive.write_bytes(gzip.compress(bytes(20_000_000)))
    with pytest.raises(DataError, match="its files have more than"):
        unpack(archive, target, limits=Limits(small=3_000_000, ratio=10), progress=False)
    assert len(contents(target)["zeros"]) <= 3_000_000


def test_a_zip_that_lies_about_sizes_is_refused(tmp_path, target):
    archive = write_zip(tmp_path / "s.zip", {"zeros": bytes(20_000_000)})
    archive.write_bytes(archive.read_bytes().replace((20_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(DataError, match=r"is damaged|more than"):
        unpack(archive, target, limits=Limits(small=1_000_000), progress=False)
    assert sum(map(len, contents(target).values())) <= 1_000_000


def test_many_files_are_too_many_at_some_point(tmp_path, target):
    archive = write(tmp_path / "s.tar", {f"{number}.txt": b"" for number in range(11)})
    with pytest.raises(DataError, match="it has more than 10 files"):
        unpack(archive, target, limits=Limits(files=10), progress=False)


def test_highly_packed_text_is_no_bomb_while_it_is_small(tmp_path, target):
    archive = write_zip(tmp_path / "s.zip", {"labels.csv": b"0," * 1_000_000})
    assert unpack(archive, target, progress=False) == 1


@pytest.mark.parametrize("name", ["s.zip", "s.tar", "s.tar.gz", "s.tar.bz2", "s.tar.xz", "labels.gz", "labels.bz2"])
@pytest.mark.parametrize("keep", [0, 0.4, None])
def test_a_damaged_archive_says_so(tmp_path, target, name, keep):
    archive = tmp_path / name
    packed = write(tmp_path / name, FILES).read_bytes() if name.startswith("s.") else bz2.compress(b"labels" * 99)
    if name.endswith("labels.gz"):
        packed = gzip.compress(b"labels" * 99)
    archive.write_bytes(b"no archive" if keep is None else packed[: int(keep * len(packed))])
    with pytest.raises(DataError, match="is damaged"):
        unpack(archive, target, progress=False)


def test_a_flipped_bit_is_found(tmp_path, target):
    archive = write_zip(tmp_path / "s.zip", FILES)
    data = bytearray(archive.read_bytes())
    data[data.index(b"one.txt") + 8] ^= 1
    archive.write_bytes(data)
    with pytest.raises(DataError, match="is damaged"):
        unpack(archive, target, progress=False)


def test_a_zip_with_a_password_says_so(tmp_path, target):
    archive = write_zip(tmp_path / "s.zip", {"a.txt": b"a"})
    data = bytearray(archive.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    archive.write_bytes(data)
    with pytest.raises(DataError, match="password"):
        unpack(archive, target, progress=False)


def test_a_file_where_a_folder_should_be_is_damage(tmp_path, target):
    archive = write_tar(tmp_path / "s.tar", {"a": b"file", "a/b": b"in it"})
    with pytest.raises(DataError, match="is damaged"):
        unpack(archive, target, progress=False)


def test_what_mac_os_leaves_is_left_out(tmp_path, target):
    unpack(write_zip(tmp_path / "s.zip", {"__MACOSX/a": b"", "set/._a": b"", "set/a": b"a"}), target, progress=False)
    assert contents(target) == {"set/a": b"a"}


def test_files_are_ones_own_whatever_the_archive_says(tmp_path, target):
    member = tarfile.TarInfo("locked.txt")
    member.mode = 0o4000
    unpack(write_tar(tmp_path / "s.tar", {}, member), target, progress=False)
    mode = (target / "locked.txt").stat().st_mode
    assert mode & stat.S_IRUSR and mode & stat.S_IWUSR and not mode & stat.S_ISUID


def test_two_archives_may_share_a_folder(tmp_path, target):
    for name in ("train", "test"):
        unpack(
            write_tar(tmp_path / f"{name}.tar", {f"VOC/{name}.txt": b"", "VOC/read.me": b""}), target, progress=False
        )
    assert set(contents(target)) == {"VOC/train.txt", "VOC/test.txt", "VOC/read.me"}
