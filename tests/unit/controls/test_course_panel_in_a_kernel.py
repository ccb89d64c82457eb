"""The course panel in a real kernel: a page has a lesson run, is told each cell, and what runs ends with the kernel."""

from __future__ import annotations

import json
import time

import psutil
import pytest
from jupyter_client.manager import start_new_kernel

from tlnb.course.copying import copy_lessons

pytestmark = pytest.mark.slow

CELLS = ["profile = 'quick'", "1 + 1", "import time\ntime.sleep(2)", "2 + 2"]


def write_small(path, cells):
    """Put a small notebook in the place of a learner's copy."""
    notebook = json.loads(path.read_text())
    blank = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    notebook["cells"] = [{**blank, "id": f"cell-{place}", "source": cell} for place, cell in enumerate(cells)]
    notebook["cells"][0]["metadata"] = {"tags": ["parameters"]}
    path.write_text(json.dumps(notebook))


class Line:
    """What a page has: a line to one widget of a kernel."""

    def __init__(self, client, widget):
        self.client, self.widget, self.number = client, widget, 0

    def send(self, **content):
        about = {"comm_id": self.widget, "data": {"method": "custom", "content": content}}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", about))

    def do(self, action, **fields):
        self.number += 1
        self.send(kind="do", view="a", number=self.number, action=action, fields=fields, commit=True)

    def until(self, true, seconds=180):
        """Return the runs that the page was told of, until one is as it shall be."""
        heard, deadline = [], time.monotonic() + seconds
        while time.monotonic() < deadline:
            message = self.client.get_iopub_msg(timeout=seconds)
            content = message["content"].get("data", {}).get("content", {})
            if message["msg_type"] == "comm_msg" and content.get("kind") == "state":
                heard.append(content["state"]["chapters"][0]["lessons"][0]["run"])
                if heard[-1] and true(heard[-1]):
                    return heard
        raise AssertionError(f"the page was told {heard[-3:]}")


@pytest.fixture
def line(tmp_path):
    copy_lessons(tmp_path / "mine")
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(tmp_path / "mine"))
    try:
        widget = []
        client.execute_interactive(
            "import tlnb.course\npanel = tlnb.course.panel()\nprint(panel.model_id)",
            output_hook=lambda message: widget.append(message["content"].get("text", "")),
        )
        yield Line(client, "".join(widget).strip()), manager
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_page_is_told_each_cell_of_a_run(line, tmp_path):
    page, _ = line
    write_small(tmp_path / "mine/00_start_here.ipynb", CELLS)
    page.send(kind="ready", view="a")
    page.do("run", lesson="0.0")
    heard = page.until(lambda run: run["state"] == "done")
    cells = [run["cell"] for run in heard if run]
    assert cells == sorted(cells) and cells[-1] == 5 and len(heard) > 3
    assert heard[-1]["notebook"] == "runs/lessons/0.0_start_here.ipynb"


def test_a_kernel_that_ends_takes_its_run_with_it(line, tmp_path):
    page, manager = line
    write_small(tmp_path / "mine/00_start_here.ipynb", [CELLS[0], "while True:\n    pass"])
    page.send(kind="ready", view="a")
    page.do("run", lesson="0.0")
    page.until(lambda run: run["cell"] == 2)
    family = psutil.Process(manager.provisioner.pid).children(recursive=True)
    assert len(family) >= 2  # the run, and its own kernel
    manager.shutdown_kernel(now=True)
    _, alive = psutil.wait_procs(family, timeout=30)
    assert alive == []
