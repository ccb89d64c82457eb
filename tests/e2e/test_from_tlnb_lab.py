"""The first evening: `tlnb lab` in a fresh folder, the panel, a real lesson to its end; and the next day."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager

import pytest
from course_page import CoursePage
from course_server import SOLUTION, panel_settings

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

QUIET = '{"fetchNews": "false", "checkForUpdates": false}'
ANSWER = """source => {
  const cells = Array.from(window.jupyterapp.shell.currentWidget.context.model.cells);
  cells.find(cell => cell.sharedModel.source.includes('my_recipe =')).sharedModel.source = source;
}"""


@pytest.fixture
def tlnb_lab(tmp_path, browser_path):
    """Type `tlnb lab` in a folder, and open the address that it tells in a browser."""
    from playwright.sync_api import sync_playwright

    notices = tmp_path / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    notices.parent.mkdir(parents=True)
    notices.write_text(QUIET)
    own = {"JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings"), "JUPYTER_CONFIG_DIR": str(tmp_path / "config")}
    own |= {"JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces"), **panel_settings(tmp_path)}
    words = ["lab", "--no-browser", "--", "--allow-root", "--LabApp.expose_app_in_browser=True"]

    @contextmanager
    def typed():
        told = tmp_path / "told"
        with told.open("w") as out, sync_playwright() as playwright:
            command = [sys.executable, "-m", "tlnb", *words]
            process = subprocess.Popen(command, cwd=tmp_path, env=os.environ | own, stdout=out, stderr=out)
            browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1300, "height": 2600})
            try:
                for _ in range(300):
                    address = re.search(r"JupyterLab is at (\S+)", told.read_text())
                    if address or process.poll() is not None:
                        break
                    page.wait_for_timeout(200)
                assert address, told.read_text()[-3000:]
                yield CoursePage(page, tmp_path).visit(address[1])
            finally:
                page.screenshot(path=tmp_path / "end.png")
                browser.close()
                process.terminate()
                process.wait(40)  # longer than tlnb gives its server

    return typed


def test_from_a_fresh_folder_to_a_lesson_that_is_done_and_known_the_next_day(tlnb_lab, tmp_path):
    with tlnb_lab() as lab:
        assert (tmp_path / "tlnb-lessons" / "00_start_here.ipynb").exists()
        lab.button("Begin with lesson 0.0").click()
        lab.wait_for_path("00_start_here.ipynb")
        lab.run_all(seconds=300)
        lab.wait_until_done()
        assert lab.errors() == []

        quiz = lab.page.locator(".tlnb-quiz").first
        quiz.get_by_role("radio").first.check()
        quiz.get_by_role("button", name="Check").click()
        lesson = lab.unfold("0.0")
        lesson.get_by_text(re.compile("^1 of 3 answered")).wait_for()
        for recipe, told in (("tlnb.Recipe()", "tried once"), (SOLUTION.partition("= ")[2], "passed after 2 tries")):
            lab.page.evaluate(ANSWER, f"my_recipe = {recipe}")
            for cell in ("my_recipe =", 'check("0.0.a"'):
                lab.show(cell)
                lab.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')")
            lesson.get_by_text(told).wait_for()
        lab.picture("done")
        lab.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    with tlnb_lab() as lab:
        lab.command("open-panel")
        lesson = lab.unfold("0.0")
        lesson.get_by_text("passed after 2 tries").wait_for()
        lesson.get_by_text(re.compile("^1 of 3 answered")).wait_for()
        lab.picture("the next day")
