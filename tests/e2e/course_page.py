"""The course panel in a page, as a test steers it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from lab_page import LabPage

READY = "() => window.jupyterapp && window.jupyterapp.commands.hasCommand('tlnb:open-panel')"
PATH = "() => window.jupyterapp.shell.currentWidget?.context?.path ?? ''"


class CoursePage(LabPage):
    """JupyterLab or Notebook with the panel in it."""

    def visit(self, address: str) -> CoursePage:
        """Go there, and wait until the extension is ready."""
        self.page.goto(address)
        self.page.set_default_timeout(15_000)
        self.page.wait_for_function(READY, timeout=60_000)
        self.page.evaluate("async () => { await window.jupyterapp.restored }")
        return self

    @property
    def panel(self) -> Any:
        """The panel."""
        return self.page.locator("#tlnb-course-panel")

    def command(self, name: str) -> None:
        """Execute a command of the panel."""
        self.page.evaluate("name => window.jupyterapp.commands.execute(name)", f"tlnb:{name}")

    def button(self, name: str) -> Any:
        """Find a button of the panel by its name, or its beginning."""
        return self.panel.get_by_role("button", name=re.compile(f"^{re.escape(name)}"))

    def lesson(self, number: str) -> Any:
        """Find a lesson in the list."""
        return self.panel.locator(f"[data-lesson='{number}']")

    def unfold(self, number: str) -> Any:
        """Open what is folded away of a lesson, and its chapter."""
        chapter = self.panel.locator(".tlnb-fold", has=self.page.locator(f"[data-lesson='{number}']")).locator(
            ".tlnb-chapter"
        )
        if chapter.get_attribute("aria-expanded") == "false":
            chapter.click()
        more = self.lesson(number).locator(".tlnb-more")
        if more.get_attribute("aria-expanded") == "false":
            more.click()
        return self.lesson(number)

    def wait_for_path(self, ending: str) -> None:
        """Wait until a notebook is open, and its kernel ready."""
        self.page.wait_for_function(f"ending => ({PATH})().endsWith(ending)", arg=ending, timeout=60_000)
        self.page.wait_for_function(KERNEL_READY, timeout=60_000)


KERNEL_READY = """() => {
  const context = window.jupyterapp.shell.currentWidget.context;
  const kernel = context.isReady && context.sessionContext.session && context.sessionContext.session.kernel;
  return Boolean(kernel) && kernel.status === 'idle';
}"""
AXE = Path(__file__).parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
