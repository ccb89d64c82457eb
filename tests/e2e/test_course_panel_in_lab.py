"""The course panel in a real JupyterLab and Notebook, with the server extension behind it: a learner's way through."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack

import nbformat
import pytest
from course_page import AXE, CoursePage
from course_server import (
    SOLUTION,
    SmallCourse,
    borrow_libraries,
    panel_settings,
    settings_of_another_environment,
)
from lab_page import overflow, smallest_target, write_notebook

from tlnb.course.copying import copy_lessons

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

STUB_TO = """source => {
  const cells = Array.from(window.jupyterapp.shell.currentWidget.context.model.cells);
  cells.find(cell => cell.sharedModel.source.includes('my_recipe =')).sharedModel.source = source;
}"""
KNOWN_AS_CLOSED = """async () => {
  const { data } = await (await fetch('/lab/api/workspaces/default')).json();
  return data['tlnb:panel-was-opened'] && data['layout-restorer:data'].left.collapsed;
}"""
SAVE = "() => window.jupyterapp.commands.execute('docmanager:save')"


class Place:
    """A learner's machine: a folder, an installed tlnb, progress, and servers that come and go."""

    def __init__(self, folder, browser):
        self.root, self.course, self.folder, self._browser = folder / "root", SmallCourse(folder), folder, browser
        self.root.mkdir()
        home = {"TLNB_HOME": str(folder / "home"), "TLNB_CACHE": str(folder / "cache")}
        self.around = {**panel_settings(folder), "PYTHONPATH": str(self.course.packages), **home}

    def page(self, size=(1200, 1000)):
        return CoursePage(self._browser.new_page(viewport={"width": size[0], "height": size[1]}), self.folder)

    def lessons(self, pattern="**/*.ipynb"):
        copies = self.root / "tlnb-lessons"
        return sorted(path.relative_to(copies).as_posix() for path in copies.glob(pattern) if "runs" not in path.parts)


@pytest.fixture(scope="module")  # no longer: other files start a Playwright of their own, and a process can have one
def chromium(browser_path):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def here(tmp_path, chromium):
    return Place(tmp_path, chromium)


@pytest.fixture
def serve(here):
    """Start a server on the learner's folder, and open the panel; what was started is stopped at the end."""
    from conftest import served

    with ExitStack() as stack:

        def start(app="lab", page="lab?reset", size=(1200, 1000), opens=True, python=sys.executable):
            address = stack.enter_context(served(app, here.root, python, here.around))
            lab = here.page(size).visit(f"{address}/{page}")
            stack.callback(lab.page.context.close)  # before the server: a page that opens would start a kernel
            stack.callback(lambda: lab.page.is_closed() or lab.picture("end"))
            if opens:
                lab.command("open-panel")
                lab.panel.get_by_text("Lessons", exact=True).first.wait_for()
            return lab

        start.stop = stack.close
        yield start


def test_a_learner_is_led_from_a_fresh_folder_to_a_lesson_that_is_done_and_stays_so(serve, here):
    lab = serve()
    lab.button("Begin with lesson 0.0").click()
    lab.wait_for_path("tlnb-lessons/00_start_here.ipynb")
    lab.panel.locator("[aria-current]").get_by_text("0.0 Start here").wait_for()
    lab.run_all(seconds=60)
    lab.wait_until_done()
    assert lab.errors() == []
    assert "the end" in json.dumps(lab.outputs()[-1])

    quiz = lab.page.locator(".tlnb-quiz")
    quiz.get_by_label("Its weights").check()
    quiz.get_by_role("button", name="Check").click()
    quiz.get_by_text("That is what it means.").wait_for()
    lab.page.evaluate(STUB_TO, "import tlnb\n\n" + SOLUTION.replace("0.1", "0.5"))
    lab.run_all(seconds=60)
    lab.wait_until_done()
    lesson = lab.unfold("0.0")
    lesson.get_by_text("tried once").wait_for()
    assert "begun" in lesson.inner_text()
    lab.page.evaluate(STUB_TO, "import tlnb\n\n" + SOLUTION)
    lab.run_all(seconds=60)
    lab.wait_until_done()
    lesson.get_by_text("passed after 2 tries").wait_for()
    lab.page.evaluate(SAVE)
    lesson.get_by_text("1 of 1 answered, 1 right").wait_for()
    lab.panel.get_by_text("1 of 3 lessons done").wait_for()
    lab.picture("done")
    lab.page.close()
    serve.stop()

    lab = serve()
    lab.panel.get_by_text("1 of 3 lessons done").wait_for()
    assert "Go on with lesson 3.1" in lab.panel.inner_text()
    assert "done · 5 min" in lab.unfold("0.0").inner_text()
    lab.unfold("0.0").get_by_text("passed after 2 tries").wait_for()


def test_the_toolbar_and_commands_lead_from_lesson_to_lesson(serve, here):
    lab = serve()
    lab.command("open-next-lesson")
    lab.wait_for_path("00_start_here.ipynb")
    toolbar = lab.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Toolbar")
    toolbar.get_by_role("button", name="Next lesson").click()
    lab.wait_for_path("01_freezing.ipynb")
    toolbar.get_by_role("button", name="Next lesson").click()
    lab.wait_for_path("02_rates.ipynb")
    toolbar.get_by_role("button", name="Next lesson").click()
    lab.page.get_by_text("There is no lesson after this one yet.").wait_for()
    toolbar.get_by_role("button", name="Previous lesson").click()
    lab.wait_for_path("01_freezing.ipynb")
    lab.command("previous-lesson")
    lab.wait_for_path("00_start_here.ipynb")
    (here.root / "own.ipynb").write_text(json.dumps(nbformat.v4.new_notebook()))
    lab.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:open', { path: 'own.ipynb' })")
    lab.page.wait_for_function("() => window.jupyterapp.shell.currentWidget?.context?.path === 'own.ipynb'")
    assert toolbar.get_by_role("button", name="Next lesson").count() == 0
    enabled = "name => window.jupyterapp.commands.isEnabled(name)"
    assert [lab.page.evaluate(enabled, f"tlnb:{name}") for name in ("run-lesson", "open-next-lesson")] == [False, True]


def test_a_headless_run_shows_how_far_it_is_and_can_be_stopped_or_fail(serve, here):
    lab = serve()
    lesson = lab.unfold("3.1")
    lesson.get_by_role("button", name="Run headless").click()
    bar = lesson.get_by_role("progressbar", name="Run of lesson 3.1")
    bar.wait_for()
    lesson.get_by_text("Ran to its end in").wait_for(timeout=60_000)
    assert not bar.is_visible()
    assert "to compute here" in lesson.inner_text()
    spoken = lab.panel.locator(".tlnb-spoken").inner_text()
    assert "Lesson 3.1: Ran to its end" in spoken
    lesson.get_by_role("button", name="Executed notebook").click()
    lab.wait_for_path(".ipynb")
    assert "/runs/" in lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.path")

    lesson.get_by_role("button", name="Run headless").click()
    lesson.get_by_text("of 8 cells").wait_for(timeout=60_000)
    lesson.get_by_role("button", name="Stop the run of lesson 3.1").click()
    lesson.get_by_text("Stopped after").wait_for(timeout=30_000)

    lesson = lab.unfold("3.2")
    lesson.get_by_role("button", name="Run headless").click()
    lesson.get_by_text("ZeroDivisionError").wait_for(timeout=60_000)
    assert "Failed after" in lesson.inner_text()
    lab.picture("failed")


def test_reset_asks_and_keeps_what_was_written_even_unsaved(serve, here):
    lab = serve()
    lab.button("Begin with lesson 0.0").click()
    lab.wait_for_path("00_start_here.ipynb")
    lab.page.evaluate(STUB_TO, "mine = 'not saved'")
    lesson = lab.unfold("0.0")
    reset = lesson.get_by_role("button", name="Reset…")
    reset.click()
    assert lesson.get_by_role("group", name="Begin lesson 0.0 anew?").is_visible()
    lab.page.keyboard.press("Escape")
    assert reset.evaluate("one => document.activeElement === one")
    reset.click()
    lesson.get_by_role("button", name="Keep mine, and reset").click()
    lab.panel.get_by_text("Lesson 0.0 begins anew. Your version is kept as 00_start_here.kept-").wait_for()
    kept = next((here.root / "tlnb-lessons").glob("00_start_here.kept-*.ipynb"))
    assert "not saved" in kept.read_text()
    assert "not saved" not in (here.root / "tlnb-lessons" / "00_start_here.ipynb").read_text()
    shown = "() => JSON.stringify(window.jupyterapp.shell.currentWidget.context.model.toJSON())"
    lab.page.wait_for_function(f"() => !({shown})().includes('not saved')")


def test_after_an_upgrade_an_edited_lesson_stays_and_the_new_one_lies_beside(serve, here):
    lab = serve()
    lab.button("Copy the lessons here").click()
    lab.panel.locator(".tlnb-said").get_by_text("3").first.wait_for()
    assert here.lessons() == [
        "00_start_here.ipynb",
        "03_fine_tuning/01_freezing.ipynb",
        "03_fine_tuning/02_rates.ipynb",
    ]
    lab.command("open-next-lesson")
    lab.wait_for_path("00_start_here.ipynb")
    lab.page.evaluate(STUB_TO, "mine = 1")
    lab.page.evaluate(SAVE)
    lab.unfold("0.0").get_by_text("You have worked on your copy").wait_for()
    lab.page.close()
    serve.stop()

    here.course.release("0.9.1", " Corrected.")
    lab = serve()
    lab.button("Bring the lessons up to date").click()
    lesson = lab.unfold("0.0")
    lesson.get_by_role("button", name="Open the newer version").click()
    lab.wait_for_path("00_start_here.new-0.9.1.ipynb")
    assert "mine = 1" in (here.root / "tlnb-lessons" / "00_start_here.ipynb").read_text()
    assert "Corrected" in (here.root / "tlnb-lessons" / "03_fine_tuning" / "01_freezing.ipynb").read_text()
    lab.picture("beside")


def test_the_panel_is_read_by_machines_fits_250_pixels_and_needs_no_mouse(serve, here):
    lab = serve()
    lab.unfold("0.0")
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        lab.theme(theme)
        assert lab.violations("#tlnb-course-panel", AXE) == []
        lab.picture(theme)
    lab.panel.evaluate("one => { one.style.width = one.style.minWidth = one.style.maxWidth = '250px' }")
    lab.page.wait_for_timeout(300)
    control = lab.panel.locator(".tlnb-course-panel")
    assert control.evaluate("one => one.clientWidth") <= 250
    assert overflow(control) <= 0
    assert smallest_target(control, "button:not(.tlnb-link), input") >= 32
    lab.picture("narrow")

    lab.panel.locator(".tlnb-chapter").first.focus()
    pressed = lab.page.keyboard.press
    focused = "() => document.activeElement.innerText"
    pressed("ArrowDown")
    assert lab.page.evaluate(focused).startswith("○\n0.0 Start here")
    pressed("ArrowLeft")  # folds what was open
    assert not lab.lesson("0.0").get_by_role("button", name="Run headless").is_visible()
    pressed("End")
    assert lab.page.evaluate(focused).startswith("11 ")
    pressed("ArrowRight")
    pressed("ArrowDown")
    pressed("Home")
    pressed("ArrowDown")
    pressed("Enter")
    lab.wait_for_path("00_start_here.ipynb")


def test_terms_are_found_as_one_types_and_lead_to_their_lessons(serve):
    lab = serve()
    lab.command("search-glossary")
    lab.page.keyboard.type("freezing")
    found = lab.panel.locator(".tlnb-terms dt").first
    found.wait_for()
    assert "freezing" in found.inner_text().lower()
    lab.panel.locator(".tlnb-terms").get_by_role("button", name="Lesson 3.1").first.click()
    lab.wait_for_path("01_freezing.ipynb")


def test_the_panel_as_a_control_runs_and_resets_a_lesson_by_its_kernel(serve, here):
    lab = serve()
    lab.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    write_notebook(here.root / "own.ipynb", "from tlnb.course import panel\n\npanel()")
    lab.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:open', { path: 'own.ipynb' })")
    lab.wait_for_path("own.ipynb")
    lab.run_all(seconds=60)
    control = lab.page.locator(".jp-Notebook .tlnb-course-panel")
    control.get_by_role("button", name="Copy the lessons here").first.click()
    control.locator(".tlnb-said").get_by_text("3").first.wait_for()
    assert len(here.lessons()) == 3
    control.get_by_role("button", name="3 Fine-tuning").click()
    lesson = control.locator("[data-lesson='3.1']")
    lesson.get_by_role("button", name="More about").click()
    lesson.get_by_role("button", name="Run headless").click()
    lesson.get_by_role("progressbar").wait_for()
    lesson.get_by_text("Ran to its end in").wait_for()
    assert lab.violations(".jp-Notebook .tlnb-course-panel", AXE) == []
    lab.picture("control")
    control.get_by_role("searchbox").fill("freezing")
    control.locator(".tlnb-terms dt").first.wait_for()


def test_it_opens_by_itself_where_the_lessons_lie_but_only_once(serve, here):
    copy_lessons(here.root / "tlnb-lessons", here.course.notebooks)
    lab = serve(page="lab", opens=False)
    lab.panel.get_by_text("0 of 3 lessons done").wait_for()
    assert not lab.panel.evaluate("one => one.contains(document.activeElement)")
    lab.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    while not lab.page.evaluate(KNOWN_AS_CLOSED):
        lab.page.wait_for_timeout(200)
    lab.visit(lab.page.url)
    lab.page.wait_for_load_state("networkidle")
    assert not lab.panel.is_visible()


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_a_control_whose_kernel_is_gone_shows_its_picture_until_its_cell_is_run(serve, here, app):
    lab = serve()
    lab.command("open-next-lesson")
    lab.wait_for_path("00_start_here.ipynb")
    lab.run_all(seconds=60)
    lab.page.locator(".tlnb-quiz").wait_for()
    lab.wait_until_done()
    lab.page.evaluate(SAVE)
    serve.stop()

    where = "lab/tree" if app == "lab" else "notebooks"
    lab = serve(app, f"{where}/tlnb-lessons/00_start_here.ipynb")
    lab.wait_for_path("00_start_here.ipynb")
    still = lab.page.locator(".tlnb-still")
    still.get_by_text("Run the cell above to steer this.").wait_for()
    still.get_by_text("What does a frozen layer keep?").wait_for()
    assert lab.page.get_by_text("Error displaying widget").count() == 0
    lab.picture("still")
    lab.page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 2 }")
    lab.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')")
    lab.page.locator(".tlnb-quiz").wait_for()
    assert still.count() == 0
    lab.page.evaluate(SAVE)
    lab.page.reload()
    lab.page.locator(".tlnb-quiz").wait_for(timeout=60_000)  # its kernel lives: the control comes back
    assert lab.page.get_by_text("Run the cell above").count() == 0


def test_in_the_oldest_jupyterlab_a_lesson_is_opened_and_followed_by_the_next(serve, here, oldest_lab):
    libraries = here.folder / "libraries"
    borrow_libraries(libraries, oldest_lab)
    here.around |= settings_of_another_environment(here.folder)
    here.around["PYTHONPATH"] += f"{os.pathsep}{libraries}"
    lab = serve(python=oldest_lab)
    assert lab.page.evaluate("() => window.jupyterapp.version").startswith("4.2")
    lab.button("Begin with lesson 0.0").click()
    lab.wait_for_path("00_start_here.ipynb")
    lab.panel.get_by_text("open now").wait_for()
    lab.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .tlnb-next-lesson").click()
    lab.wait_for_path("01_freezing.ipynb")
    assert lab.violations("#tlnb-course-panel", AXE) == []
    lab.picture("oldest")


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_a_server_without_the_extension_is_told_of_with_the_mend(serve, here, app):
    config = here.folder / "off" / "jupyter_server_config.d" / "tlnb.json"
    config.parent.mkdir(parents=True)
    config.write_text('{"ServerApp": {"jpserver_extensions": {"tlnb.course.server": false}}}')
    others = here.around.get("JUPYTER_CONFIG_PATH", "")
    here.around["JUPYTER_CONFIG_PATH"] = f"{config.parents[1]}:{others}".rstrip(":")
    from conftest import served

    with served(app, here.root, around=here.around) as address:
        lab = here.page().visit(f"{address}/{'lab?reset' if app == 'lab' else 'tree'}")
        lab.command("open-panel")
        lab.panel.get_by_text('pip install "tlnb[course]"').wait_for()
        lab.picture("missing")


def test_in_notebook_7_the_list_of_files_has_the_course_and_a_lesson_has_the_panel_beside(serve, here):
    lab = serve("notebook", "tree")
    assert lab.page.get_by_role("tab", name="Course").get_attribute("aria-selected") == "true"
    lab.picture("tree")
    with lab.page.expect_popup() as popup:
        lab.button("Begin with lesson 0.0").click()
    lesson = CoursePage(popup.value, here.folder)
    lesson.page.wait_for_function("() => window.jupyterapp?.commands.hasCommand('tlnb:open-panel')", timeout=60_000)
    lesson.wait_for_path("00_start_here.ipynb")
    lesson.command("open-panel")
    lesson.panel.get_by_text("open now").wait_for()
    assert lesson.violations("#tlnb-course-panel", AXE) == []
    lesson.page.set_viewport_size({"width": 1200, "height": 1000})
    lesson.picture("notebook")
    with lesson.page.expect_popup() as popup:
        lesson.page.locator(".jp-Toolbar").get_by_role("button", name="Next lesson").click()
    popup.value.wait_for_url("**/01_freezing.ipynb*")
