"""Copied lessons are trusted as they were copied, and whatever is wrong with Jupyter's signatures stops no copy."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.sign import NotebookNotary
from small_lessons import write_three

from tlnb.course.copying import copy_lessons
from tlnb.course.trusting import trust_notebook


@pytest.fixture
def copied(tmp_path):
    source = tmp_path / "source"
    write_three(source)
    return copy_lessons(tmp_path / "mine", source).lessons


def trusted(path, change=lambda notebook: None):
    notebook, notary = nbformat.read(path, as_version=4), NotebookNotary()
    change(notebook)
    try:
        return notary.check_signature(notebook)
    finally:
        notary.store.close()


def test_each_copy_is_trusted_until_an_output_is_another(copied):
    def write_an_output(notebook):
        cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
        cell.outputs = [nbformat.v4.new_output("stream", text="not ours")]

    assert copied and all(trusted(one.path) for one in copied)
    assert not any(trusted(one.path, write_an_output) for one in copied)


def test_a_folder_for_signatures_that_cannot_be_written_to_stops_no_copy(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "file" / "below"))
    write_three(tmp_path / "source")
    done = copy_lessons(tmp_path / "mine", tmp_path / "source").lessons
    assert done and all(one.path.exists() for one in done)


def test_what_is_no_notebook_is_not_signed():
    assert not trust_notebook("{}")
