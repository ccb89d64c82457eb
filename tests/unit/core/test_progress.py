from __future__ import annotations

import io
import threading
import time
from contextlib import redirect_stderr

import nbformat
import pytest
from nbclient import NotebookClient

from tlnb.core.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def written_to(stderr: io.StringIO, steps: int, **options) -> str:
    with redirect_stderr(stderr), Progress(3, "Decoding", **options) as progress:
        for _ in range(steps):
            progress.update()
        if steps < 3:
            raise KeyboardInterrupt
    return stderr.getvalue()


@pytest.fixture(autouse=True)
def shown(monkeypatch):
    monkeypatch.delenv("TLNB_PROGRESS", raising=False)


def test_the_line_says_what_how_far_how_long_and_the_note():
    progress = Progress(10, "Training", enabled=False)
    time.sleep(0.05)
    progress.update(5, note="loss 0.31")
    assert progress.line == "Training 5/10 · 0.1 s left · loss 0.31"


def test_before_the_first_step_no_time_left_is_invented():
    assert Progress(10, "Training", enabled=False).line == "Training 0/10"


def test_a_terminal_keeps_one_short_line_at_the_end():
    last = written_to(Terminal(), steps=3).split("\r")[-1]
    assert last.startswith("Decoding 3/3 · ") and last.endswith(" s\n")


def test_a_log_file_gets_the_last_line_and_no_bar():
    log = written_to(io.StringIO(), steps=3)
    assert log.count("\n") == 1 and "\r" not in log


def test_silence_by_argument_writes_nothing():
    assert written_to(Terminal(), steps=3, enabled=False) == ""


def test_silence_by_environment_writes_nothing(monkeypatch):
    monkeypatch.setenv("TLNB_PROGRESS", "0")
    assert written_to(Terminal(), steps=3) == ""


def test_an_interrupt_is_passed_on_and_the_line_says_stopped():
    terminal = Terminal()
    with pytest.raises(KeyboardInterrupt):
        written_to(terminal, steps=1)
    assert "Decoding 1/3" in terminal.getvalue() and terminal.getvalue().endswith("stopped\n")


def test_steps_from_many_threads_are_all_counted():
    progress = Progress(4000, "Decoding", enabled=False)
    workers = [threading.Thread(target=lambda: [progress.update() for _ in range(1000)]) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert progress.done == 4000


def test_a_closed_line_no_longer_changes():
    progress = Progress(3, "Decoding", enabled=False)
    progress.close("done")
    before = progress.line
    progress.update()
    progress.close("again")
    assert progress.line == before


def run_cell(source: str) -> list:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, timeout=60).execute()
    return notebook.cells[0].outputs


def test_in_a_notebook_one_output_holds_the_last_state():
    outputs = run_cell(
        "import time\nfrom tlnb.core.progress import Progress\n"
        "with Progress(3, 'A <b> job') as progress:\n"
        "    for _ in range(3):\n        time.sleep(0.25); progress.update()"
    )
    assert [output.output_type for output in outputs] == ["display_data"]
    assert outputs[0].data["text/plain"].startswith("A <b> job 3/3 · ")
    assert "A &lt;b&gt; job 3/3" in outputs[0].data["text/html"]
    assert not any("widget" in kind for kind in outputs[0].data)


def test_in_a_notebook_it_draws_at_most_five_times_a_second():
    outputs = run_cell(
        "import time\nfrom tlnb.core import progress as module\n"
        "drawn = []\nreal = module._Notebook.draw\n"
        "module._Notebook.draw = lambda self, progress: (drawn.append(1), real(self, progress))\n"
        "with module.Progress(10_000, 'Job') as progress:\n"
        "    end = time.monotonic() + 1\n"
        "    while time.monotonic() < end:\n        progress.update(0)\n"
        "print(len(drawn))"
    )
    drawn = int(next(output.text for output in outputs if output.output_type == "stream"))
    assert 3 <= drawn <= 7
