"""The limit of memory bites: a kernel that needs more is ended, and one that only reserves more is not."""

from __future__ import annotations

import sys

import nbformat
import pytest

from tlnb.course import memory_limit
from tlnb.course.engine import execute

LIMIT = 400_000_000
FILLED = "filled = b'x' * 700_000_000"
RESERVED = "import mmap\nreserved = mmap.mmap(-1, 2_000_000_000)"
SMALL = "filled = b'x' * 100_000_000"
in_a_group = "control group"


@pytest.fixture(params=[in_a_group, "watched"])
def way(request, monkeypatch):
    """Enforce it in a control group, where one can be made, and without one."""
    if request.param == "watched":
        monkeypatch.setattr(memory_limit, "_new_group", lambda pid: None)
    elif not _can_group():
        pytest.skip("no control group can be made here")
    return request.param


def _can_group():
    made = memory_limit._new_group(0) if sys.platform == "linux" else None
    if made:
        made.rmdir()
    return made is not None


def run(tmp_path, *sources, **options):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    path = tmp_path / "small.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return execute(path, tmp_path / "done.ipynb", {}, memory_limit=LIMIT, **options)


def test_a_kernel_that_needs_more_is_ended_and_the_error_says_why(tmp_path, way):
    error = run(tmp_path, "1", FILLED).error
    assert error == "DeadKernelError: it needed more than 0.4 GB of memory, and was ended"


def test_a_kernel_that_needs_less_runs_though_it_reserves_more(tmp_path, way):
    assert run(tmp_path, RESERVED, SMALL).error is None


def test_what_the_limit_was_enforced_by_is_gone_afterwards(tmp_path, way):
    if way != in_a_group:
        pytest.skip("nothing is left by a thread")
    seen = []
    run(tmp_path, SMALL, on_kernel=seen.append)
    group = memory_limit._own_group("memory") or memory_limit._own_group("")
    assert seen and group and not list(group.glob(f"tlnb-{seen[0]}"))


def test_a_kernel_without_a_limit_may_have_more(tmp_path):
    cells = [nbformat.v4.new_code_cell(FILLED)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "small.ipynb")
    assert execute(tmp_path / "small.ipynb", tmp_path / "done.ipynb", {}).error is None
