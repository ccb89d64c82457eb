"""The notebook's stop button, and a cell that is run again, in a real kernel."""

import time

import pytest
from jupyter_client.manager import start_new_kernel

pytestmark = pytest.mark.slow

SETUP = """
import asyncio, time, torch, tlnb
from tlnb.training.background import start
pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
images = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
model = tlnb.create_model("resnet10t", images, weights="random")
long = tlnb.Recipe(epochs=100_000, batch_size=8)

def begin():
    background = start(model, images, long)
    while not any(event.kind == "step" for event in background.events):
        time.sleep(0.01)
    return background
"""


class Notebook:
    """Cells, run one after the other in a kernel, and its stop button."""

    def __init__(self, manager, client):
        self.manager, self.client = manager, client

    def run(self, code, interrupt_after=None):
        """Run a cell; return what it printed and, if it failed, its error's name."""
        asked = self.client.execute(code)
        if interrupt_after is not None:
            time.sleep(interrupt_after)
            self.interrupt()
        printed, error = "", None
        while True:
            message = self.client.get_iopub_msg(timeout=120)
            if message["parent_header"].get("msg_id") != asked:
                continue
            kind, content = message["msg_type"], message["content"]
            printed += content["text"] if kind == "stream" else ""
            error = content["ename"] if kind == "error" else error
            if kind == "status" and content["execution_state"] == "idle":
                return printed.strip(), error

    def interrupt(self):
        self.manager.interrupt_kernel()


@pytest.fixture(scope="module")
def notebook():
    manager, client = start_new_kernel(kernel_name="python3")
    book = Notebook(manager, client)
    assert book.run(SETUP) == ("", None)
    yield book
    client.stop_channels()
    manager.shutdown_kernel()


STATE = "background._thread.join(20); print(background)"
STOPPED = "<BackgroundRun 'training': stopped>"


def test_it_hears_the_button_while_a_cell_waits_for_it(notebook):
    cell = "background = begin(); run = background.result(); print(run.stopped, background)"
    assert notebook.run(cell, interrupt_after=3) == (f"stopped {STOPPED}", None)


def test_it_hears_the_button_while_a_cell_awaits_it(notebook):
    _, error = notebook.run("background = begin(); await background", interrupt_after=3)
    assert error in ("CancelledError", "KeyboardInterrupt")
    assert notebook.run(STATE) == (STOPPED, None)


@pytest.mark.parametrize("wait", ["time.sleep(60)", "await asyncio.sleep(60)"])
def test_it_hears_the_button_while_a_cell_does_something_else(notebook, wait):
    assert notebook.run("background = begin(); print(background)") == ("<BackgroundRun 'training': running>", None)
    _, error = notebook.run(wait, interrupt_after=1)
    assert error in ("CancelledError", "KeyboardInterrupt")
    assert notebook.run(STATE) == (STOPPED, None)


def test_it_hears_the_button_while_no_cell_runs(notebook):
    for _ in range(2):  # also when the kernel's own handler has come and gone again
        assert notebook.run("background = begin()") == ("", None)
        assert notebook.run("print(background)") == ("<BackgroundRun 'training': running>", None)
        time.sleep(1)
        notebook.interrupt()
        time.sleep(1)
        assert notebook.run(STATE) == (STOPPED, None)
    notebook.interrupt()  # with nothing to stop, it is ignored as ever
    time.sleep(0.5)
    assert notebook.run("print(6 * 7)") == ("42", None)


def test_it_hears_the_button_if_it_was_begun_by_a_click_in_a_sub_shell(notebook):
    # JupyterLab sends what a widget says to another thread of the kernel than the one that runs cells.
    cell = "import threading; threading.Timer(0.5, lambda: globals().update(background=begin())).start()"
    assert notebook.run(cell) == ("", None)
    time.sleep(3)  # it begins while no cell runs
    notebook.interrupt()
    time.sleep(1)
    assert notebook.run(STATE) == (STOPPED, None)


def test_a_cell_that_is_run_again_ends_what_it_began(notebook):
    assert notebook.run("background = begin()") == ("", None)
    cell = "first = background; background = begin(); print(first, first.result().stopped, background)"
    assert notebook.run(cell) == (f"{STOPPED} stopped <BackgroundRun 'training': running>", None)
    assert notebook.run("background.stop(); print(background.result().stopped)") == ("stopped", None)


def test_other_cells_and_the_page_are_heard_while_one_awaits(notebook):
    cell = """
background = begin()
asyncio.get_running_loop().call_later(0.5, background.steering.stop)  # as a click would
print((await background).stopped)
"""
    assert notebook.run(cell) == ("stopped", None)
