"""JupyterLab as a test steers it: by its own commands, because clicks on its menus race."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
NOTEBOOK = "window.jupyterapp.shell.currentWidget"
# Not async: Playwright would take the promise itself for the answer.
READY = f"""() => {{
  const app = window.jupyterapp;
  const context = app && {NOTEBOOK} && {NOTEBOOK}.context;
  if (!context || !context.isReady || !context.sessionContext.isReady) return false;
  const session = context.sessionContext.session;
  return Boolean(session && session.kernel) && session.kernel.status === 'idle'
    && app.commands.isEnabled('notebook:run-all-cells');
}}"""
OUTPUTS = f"""() => Array.from({NOTEBOOK}.context.model.cells)
  .filter(cell => cell.type === 'code')
  .map(cell => cell.outputs.toJSON())"""

# Runs code in the notebook's kernel, beside its cells; a busy kernel answers after the cell.
ASK = f"""async code => {{
  const kernel = {NOTEBOOK}.context.sessionContext.session.kernel;
  const future = kernel.requestExecute({{ code, store_history: false }});
  let text = '';
  future.onIOPub = message => {{
    const {{ content, header }} = message;
    if (header.msg_type === 'stream') text += content.text;
    if (header.msg_type === 'execute_result') text += content.data['text/plain'];
    if (header.msg_type === 'error') text += content.ename + ': ' + content.evalue;
  }};
  await future.done;
  return text.trim();
}}"""
# Follows the notebook's own theme switch, and waits until its style sheet is there.
THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"

# A notebook draws only the cells in sight.
SHOW = f"""text => {{
  const notebook = {NOTEBOOK}.content;
  const place = notebook.widgets.findIndex(cell => cell.model.type === 'code'
    && cell.model.sharedModel.source.split('\\n').some(line => line.includes(text) && !line.includes('import')));
  notebook.activeCellIndex = place;
  return notebook.scrollToItem(place).then(() => place);
}}"""

DONE = f"""() => {{
  const cells = Array.from({NOTEBOOK}.context.model.cells).filter(cell => cell.type === 'code');
  const failed = cell => cell.outputs.toJSON().some(output => output.output_type === 'error');
  const ran = cell => cell.executionCount !== null && (cell.executionState ?? 'idle') === 'idle'; // null before 4.3
  return cells.some(failed) || cells.every(ran);
}}"""


class LabPage:
    """One open notebook."""

    def __init__(self, page: Any, pictures: Path) -> None:
        self.page, self.pictures = page, pictures

    def open(self, address: str) -> None:
        """Go there and wait until the kernel is ready."""
        self.page.goto(address)
        self.page.wait_for_function(READY, timeout=120_000)

    def run_all(self, seconds: float) -> None:
        """Start all cells; from now on anything that is waited for may take so many seconds."""
        self.page.set_default_timeout(seconds * 1000)
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")

    def wait_until_done(self) -> None:
        """Wait until every code cell has run, or one has failed."""
        self.page.wait_for_function(DONE)

    def run_to_its_end(self, height: int = 2400, seconds: float = 60) -> LabPage:
        """Run all cells, on a page so high that all of them are drawn; none may fail."""
        self.page.set_viewport_size({"width": 1200, "height": height})
        self.run_all(seconds)
        self.wait_until_done()
        assert self.errors() == []
        return self

    def outputs(self) -> list[list[dict[str, Any]]]:
        """Return the outputs of each code cell."""
        return self.page.evaluate(OUTPUTS)

    def errors(self) -> list[str]:
        """Return what failed."""
        every = (output for cell in self.outputs() for output in cell)
        return [f"{o['ename']}: {o['evalue']}" for o in every if o["output_type"] == "error"]

    def show(self, text: str) -> None:
        """Go to the first code cell with a line that holds a text."""
        assert self.page.evaluate(SHOW, text) >= 0, text

    def ask(self, code: str) -> str:
        """Run code in the notebook's kernel and return what it printed, or its value."""
        return self.page.evaluate(ASK, code)

    def wait_for(self, code: str, wanted: str, seconds: float = 10) -> None:
        """Ask until the answer is as wanted."""
        until = time.monotonic() + seconds
        while (found := self.ask(code)) != wanted:
            assert time.monotonic() < until, f"{code} is {found!r}, not {wanted!r}"
            time.sleep(0.05)

    def restart_kernel(self) -> None:
        """Start the kernel anew; what it held is gone."""
        self.page.evaluate(f"() => {NOTEBOOK}.context.sessionContext.session.kernel.restart()")

    def theme(self, name: str) -> None:
        """Change the theme: "JupyterLab Light" or "JupyterLab Dark"."""
        self.page.evaluate(THEME, name)
        self.page.wait_for_timeout(500)

    def violations(self, selector: str, axe: Path) -> list[str]:
        """Return what axe-core finds wrong with the accessibility of what a selector finds."""
        self.page.add_script_tag(path=axe)
        found = self.page.evaluate("selector => axe.run(selector)", selector)["violations"]
        return [f"{one['id']}: {one['nodes'][0]['html'][:200]} {one['nodes'][0]['failureSummary']}" for one in found]

    def narrow(self, height: int = 2400) -> None:
        """Make the page so narrow that a notebook has 500 pixels."""
        self.page.set_viewport_size({"width": 560, "height": height})
        self.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        self.page.wait_for_timeout(500)

    def picture(self, name: str) -> Path:
        """Save what the page shows."""
        path = self.pictures / f"{name}.png"
        self.page.screenshot(path=path)
        return path


def write_notebook(path: Path, *sources: str) -> Path:
    """Write a notebook of code cells."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), path)
    return path


def opened_at_its_end(
    open_it: Callable[[Path], LabPage], path: Path, *sources: str, height: int = 2400, seconds: float = 60
) -> LabPage:
    """Write a notebook, open it and run it to its end."""
    return open_it(write_notebook(path, *sources)).run_to_its_end(height, seconds)


def overflow(control: Any) -> int:
    """Return by how many pixels a control is wider than its place."""
    return int(control.evaluate("one => one.scrollWidth - one.clientWidth"))


def smallest_target(control: Any, kinds: str = "button, summary, input, select, [role=slider]") -> float:
    """Return the smaller side, in pixels, of the smallest thing that a hand can press in a control."""
    targets = control.locator(", ".join(f"{kind}:visible" for kind in kinds.split(", ")))
    return min(
        targets.evaluate_all(
            "all => all.map(e => e.getBoundingClientRect()).map(box => Math.min(box.width, box.height))"
        )
    )
