"""Tiny archives of the true layout of each set, with one image of each class or so in each part."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import pickle
import tarfile
import zipfile
from collections.abc import Callable

import numpy as np
from PIL import Image
from scipy.io import savemat

from tlnb.data.online.sets import OnlineSet

Archives = dict[str, bytes]
LAYOUTS: dict[str, Callable[[OnlineSet], tuple[Archives, int]]] = {}


def layout(*names: str) -> Callable[[Callable[[OnlineSet], tuple[Archives, int]]], object]:
    def note(make: Callable[[OnlineSet], tuple[Archives, int]]) -> object:
        LAYOUTS.update(dict.fromkeys(names, make))
        return make

    return note


def picture(number: int, kind: str = "JPEG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (6, 4), (number % 256, 90, 200 - number % 200)).save(file, kind)
    return file.getvalue()


def as_tar(files: Archives, mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def as_zip(files: Archives) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def as_mat(**values: object) -> bytes:
    buffer = io.BytesIO()
    savemat(buffer, values)
    return buffer.getvalue()


def lines(rows: list[str]) -> bytes:
    return ("\n".join(rows) + "\n").encode()


@layout("pets")
def pets(wanted: OnlineSet) -> tuple[Archives, int]:
    images, annotations = {}, {}
    for part in ("trainval", "test"):
        rows = []
        for number, name in enumerate(wanted.classes):
            file = f"{name.replace(' ', '_')}_{part}1"
            file = file.replace(f"_{part}1", f"_{1 if part == 'test' else 2}")
            images[f"images/{file}.jpg"] = picture(number)
            rows.append(f"{file} {number + 1} 1 1")
        annotations[f"annotations/{part}.txt"] = lines(rows)
    return {"images.tar.gz": as_tar(images), "annotations.tar.gz": as_tar(annotations)}, len(images)


@layout("flowers102")
def flowers(wanted: OnlineSet) -> tuple[Archives, int]:
    count = 3 * len(wanted.classes)
    labels = np.arange(count) % len(wanted.classes) + 1
    ids = np.arange(1, count + 1).reshape(3, -1)
    images = {f"jpg/image_{number:05d}.jpg": picture(number) for number in range(1, count + 1)}
    return {
        "102flowers.tgz": as_tar(images),
        "imagelabels.mat": as_mat(labels=labels),
        "setid.mat": as_mat(trnid=ids[0], valid=ids[1], tstid=ids[2]),
    }, count


@layout("eurosat")
def eurosat(wanted: OnlineSet) -> tuple[Archives, int]:
    files = {
        f"2750/{name}/{name}_{i}.jpg": picture(10 * number + i)
        for number, name in enumerate(wanted.classes)
        for i in range(4)
    }
    return {"EuroSAT.zip": as_zip(files)}, len(files)


@layout("aircraft")
def aircraft(wanted: OnlineSet) -> tuple[Archives, int]:
    top = "fgvc-aircraft-2013b/data"
    files = {f"{top}/variants.txt": lines(list(wanted.classes))}
    for place, part in enumerate(("train", "val", "test")):
        numbers = [f"{1000 * place + number:07d}" for number in range(100)]
        files[f"{top}/images_variant_{part}.txt"] = lines(
            [f"{number} {name}" for number, name in zip(numbers, wanted.classes, strict=True)]
        )
        files |= {f"{top}/images/{number}.jpg": picture(int(number)) for number in numbers}
    return {"fgvc-aircraft-2013b.tar.gz": as_tar(files)}, 300


@layout("dtd")
def dtd(wanted: OnlineSet) -> tuple[Archives, int]:
    files = {}
    for place, part in enumerate(("train", "val", "test")):
        names = [f"{name}/{name}_{place:04d}.jpg" for name in wanted.classes]
        files[f"dtd/labels/{part}1.txt"] = lines(names)
        files |= {f"dtd/images/{name}": picture(number) for number, name in enumerate(names)}
    return {"dtd-r1.0.1.tar.gz": as_tar(files)}, 3 * len(wanted.classes)


@layout("gtsrb")
def gtsrb(wanted: OnlineSet) -> tuple[Archives, int]:
    train = {
        f"GTSRB/Training/{name}/{track:05d}_{frame:05d}.ppm": picture(frame, "PPM")
        for name in wanted.classes
        for track in range(8)
        for frame in range(2)
    }
    test = {f"GTSRB/Final_Test/Images/{number:05d}.ppm": picture(number, "PPM") for number in range(43)}
    rows = [f"{number:05d}.ppm;6;4;1;1;5;3;{number}" for number in range(43)]
    truth = lines(["Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId", *rows])
    return {
        "GTSRB-Training_fixed.zip": as_zip(train),
        "GTSRB_Final_Test_Images.zip": as_zip(test),
        "GTSRB_Final_Test_GT.zip": as_zip({"GT-final_test.csv": truth}),
    }, len(train) + len(test)


@layout("food101")
def food(wanted: OnlineSet) -> tuple[Archives, int]:
    files, rows = {}, {"train": {}, "test": {}}
    for number, name in enumerate(wanted.classes):
        for place, part in enumerate(rows):
            rows[part][name] = [f"{name}/{10 * number + place}"]
            files[f"food-101/images/{name}/{10 * number + place}.jpg"] = picture(number)
    for part, known in rows.items():
        files[f"food-101/meta/{part}.json"] = json.dumps(known).encode()
    return {"food-101.tar.gz": as_tar(files)}, 2 * len(wanted.classes)


@layout("imagenette")
def imagenette(wanted: OnlineSet) -> tuple[Archives, int]:
    from torchvision.datasets import Imagenette

    files = {
        f"imagenette2-160/{part}/{wordnet}/{wordnet}_{number}.JPEG": picture(number)
        for part in ("train", "val")
        for wordnet in Imagenette._WNID_TO_CLASS
        for number in range(2)
    }
    return {"imagenette2-160.tgz": as_tar(files)}, len(files)


@layout("places365")
def places(wanted: OnlineSet) -> tuple[Archives, int]:
    numbers = range(len(wanted.classes))
    train = {f"data_256{name}/00000001.jpg": picture(7) for name in wanted.classes}
    val = {f"val_256/Places365_val_{number:08d}.jpg": picture(7) for number in numbers}
    lists = {
        "categories_places365.txt": lines([f"{name} {number}" for number, name in enumerate(wanted.classes)]),
        "places365_train_standard.txt": lines([f"{name}/00000001.jpg {n}" for n, name in enumerate(wanted.classes)]),
        "places365_val.txt": lines([f"Places365_val_{number:08d}.jpg {number}" for number in numbers]),
    }
    return {
        "filelist_places365-standard.tar": as_tar(lists, "w"),
        "train_256_places365standard.tar": as_tar(train, "w"),
        "val_256.tar": as_tar(val, "w"),
    }, len(train) + len(val)


@layout("hymenoptera")
def hymenoptera(wanted: OnlineSet) -> tuple[Archives, int]:
    files = {
        f"hymenoptera_data/{part}/{name}/{number}_ab.jpg": picture(number)
        for part in ("train", "val")
        for name in wanted.classes
        for number in range(4)
    }
    return {"hymenoptera_data.zip": as_zip(files)}, len(files)


@layout("cifar10", "cifar100")
def cifar(wanted: OnlineSet) -> tuple[Archives, int]:
    small = len(wanted.classes) == 10
    top = "cifar-10-batches-py" if small else "cifar-100-python"
    names, parts = ("label_names", "labels") if small else ("fine_label_names", "fine_labels")
    files = {f"{top}/{'batches.meta' if small else 'meta'}": pickle.dumps({names: list(wanted.classes)})}
    batches = [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"] if small else ["train", "test"]
    labels = list(range(len(wanted.classes)))
    for batch in batches:
        pixels = np.random.default_rng(0).integers(0, 256, (len(labels), 3072), np.uint8)
        files[f"{top}/{batch}"] = pickle.dumps({"data": pixels, parts: labels})
    return {wanted.files[0].name: as_tar(files)}, len(batches) * len(labels)


@layout("svhn")
def svhn(wanted: OnlineSet) -> tuple[Archives, int]:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 20), np.uint8)
    labels = (np.arange(20) % 10 + 1).reshape(-1, 1)  # the digit 0 is published as 10
    return {f"{part}_32x32.mat": as_mat(X=pixels, y=labels) for part in ("train", "test")}, 40


@layout("usps")
def usps(wanted: OnlineSet) -> tuple[Archives, int]:
    rows = [
        f"{digit + 1} " + " ".join(f"{place + 1}:{digit / 10 - 0.5}" for place in range(256)) for digit in range(10)
    ]
    return {name: bz2.compress(lines(4 * rows)) for name in ("usps.bz2", "usps.t.bz2")}, 80


@layout("stl10")
def stl10(wanted: OnlineSet) -> tuple[Archives, int]:
    files = {"stl10_binary/class_names.txt": lines(list(wanted.classes))}
    for part in ("train", "test"):
        files[f"stl10_binary/{part}_X.bin"] = np.random.default_rng(0).bytes(40 * 3 * 96 * 96)
        files[f"stl10_binary/{part}_y.bin"] = 4 * bytes(range(1, 11))
    return {"stl10_binary.tar.gz": as_tar(files)}, 80


@layout("pcam")
def pcam(wanted: OnlineSet) -> tuple[Archives, int]:
    import h5py

    archives = {}
    for part in ("train", "valid", "test"):
        for kind, values in (("x", np.zeros((4, 96, 96, 3), np.uint8)), ("y", np.array([0, 1, 0, 1], np.uint8))):
            buffer = io.BytesIO()
            with h5py.File(buffer, "w") as file:
                file[kind] = values if kind == "x" else values.reshape(4, 1, 1, 1)
            archives[f"camelyonpatch_level_2_split_{part}_{kind}.h5.gz"] = gzip.compress(buffer.getvalue())
    return archives, 12


@layout("pathmnist", "bloodmnist", "pneumoniamnist", "retinamnist", "dermamnist", "octmnist", "breastmnist")
@layout("tissuemnist", "organamnist", "organcmnist", "organsmnist")
def medmnist(wanted: OnlineSet) -> tuple[Archives, int]:
    coloured = wanted.name in ("pathmnist", "bloodmnist", "retinamnist", "dermamnist")
    count = 2 * len(wanted.classes)
    shape = (count, 28, 28, 3) if coloured else (count, 28, 28)
    buffer = io.BytesIO()
    labels = np.arange(count, dtype=np.uint8).reshape(-1, 1) % len(wanted.classes)
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    parts = {
        f"{part}_{kind}": value
        for part in ("train", "val", "test")
        for kind, value in (("images", pixels), ("labels", labels))
    }
    np.savez_compressed(buffer, **parts)
    return {wanted.files[0].name: buffer.getvalue()}, 3 * count
