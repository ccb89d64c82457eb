"""Who may ask the course's server extension, and what it answers to requests that make no sense."""

from __future__ import annotations

import os
import re

import pytest
from served_course import course_server

from tlnb.course.overview import FORMAT

pytestmark = pytest.mark.slow
GETS = ("course", "runs", "glossary")
POSTS = ("copy", "open", "reset", "run", "stop")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def server(folder):
    with course_server(folder) as server:
        yield server


@pytest.fixture(scope="module")
def cookies(folder):
    """Log in as a browser does, and give the server, its cookie and the XSRF token."""
    with course_server(folder / "cookies") as server:
        page = server.ask("login?next=%2Ftree", token=None)
        xsrf = re.search(r"_xsrf=([^;]+)", str(page.headers.get_all("Set-Cookie")))[1]
        form = f"_xsrf={xsrf}&password=the-right-one".encode()
        logged = _without_redirect(server, "login", form, Cookie=f"_xsrf={xsrf}")
        session = [re.match(r"[^;]+", one)[0] for one in logged.headers.get_all("Set-Cookie") if "username-" in one]
        yield server, "; ".join([f"_xsrf={xsrf}", *session]), xsrf


def _without_redirect(server, path, body, **headers):
    import urllib.error
    import urllib.request

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    request = urllib.request.Request(f"{server.address}/{path}", body, headers=headers, method="POST")
    try:
        return urllib.request.build_opener(Stay).open(request)
    except urllib.error.HTTPError as answer:
        return answer


@pytest.mark.parametrize("token", [None, "", "a-wrong-one", "the-right-on"])
@pytest.mark.parametrize("address", GETS)
def test_nobody_reads_without_the_right_token(server, address, token):
    assert server.ask(f"tlnb/api/{address}", token=token).status == 403


@pytest.mark.parametrize("token", [None, "", "a-wrong-one"])
@pytest.mark.parametrize("action", POSTS)
def test_nobody_acts_without_the_right_token(server, action, token):
    assert server.ask(f"tlnb/api/{action}", {"lesson": "0.0"}, token=token).status == 403
    assert not any(server.root.iterdir())


def test_with_the_token_the_whole_state_is_told(server):
    state = server.ask("tlnb/api/course")
    assert state.status == 200 and state.headers["Content-Type"].startswith("application/json")
    assert state.json["format"] == FORMAT and len(state.json["chapters"]) == 12


def test_a_cookie_and_its_xsrf_token_do_as_well(cookies):
    server, cookie, xsrf = cookies
    assert server.ask("tlnb/api/course", token=None, Cookie=cookie).status == 200
    done = server.ask("tlnb/api/open", {"lesson": "0.0"}, token=None, Cookie=cookie, X_XSRFToken=xsrf)
    assert done.status == 200 and done.json["answer"] == {"path": "tlnb-lessons/00_start_here.ipynb"}


@pytest.mark.parametrize("xsrf", [None, "2|0|0|0"])
def test_a_cookie_without_its_xsrf_token_acts_not(cookies, xsrf):
    server, cookie, _ = cookies
    asked = {"X_XSRFToken": xsrf} if xsrf else {}
    assert server.ask("tlnb/api/open", {"lesson": "3.1"}, token=None, Cookie=cookie, **asked).status == 403
    assert not (server.root / "tlnb-lessons" / "03_fine_tuning").exists()


@pytest.mark.parametrize("address", GETS)
def test_a_page_of_another_origin_is_refused(cookies, address):
    server, cookie, _ = cookies
    asked = server.ask(f"tlnb/api/{address}", token=None, Cookie=cookie, Origin="https://elsewhere.example")
    assert asked.status == 404 and b"chapters" not in asked.body
    assert asked.headers["Access-Control-Allow-Origin"] is None


def test_a_page_of_another_origin_acts_not(cookies):
    server, cookie, xsrf = cookies
    headers = {"Cookie": cookie, "X_XSRFToken": xsrf, "Origin": "https://elsewhere.example"}
    assert server.ask("tlnb/api/open", {"lesson": "3.1"}, token=None, **headers).status == 404
    assert not (server.root / "tlnb-lessons" / "03_fine_tuning").exists()


def test_another_host_name_is_refused(server):
    assert server.ask("tlnb/api/course", Host="elsewhere.example").status == 403


@pytest.mark.parametrize("body", [b"{", b"nonsense", b'{"lesson": "3.1"', b"\xff\xfe", b"[" * 5000])
def test_what_is_not_json_is_a_bad_request(server, body):
    asked = server.ask("tlnb/api/open", body)
    assert asked.status == 400 and asked.json["message"] == "The request is not JSON."


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ([1], "must be an object"),
        (None, "must be an object"),
        ({}, "needs the field 'lesson'"),
        ({"lesson": 3.1}, "lesson must be a text, not 3.1"),
        ({"lesson": None}, "lesson must be a text, not None"),
        ({"lesson": "0.0", "path": "/etc/passwd"}, "'open' has no field 'path'"),
        ({"lessen": "0.0"}, 'Did you mean "lesson"?'),
    ],
)
def test_a_request_of_another_form_is_a_bad_one(server, body, says):
    asked = server.ask("tlnb/api/open", b"null" if body is None else body)
    assert asked.status == 400 and says in asked.json["message"]


def test_a_request_that_is_too_long_is_a_bad_one(server):
    assert server.ask("tlnb/api/open", {"lesson": "x" * 20_000}).status == 400


def test_an_unknown_action_is_a_bad_request_that_names_the_near_one(server):
    asked = server.ask("tlnb/api/rest", {"lesson": "3.1"})
    assert asked.status == 400 and 'Did you mean "reset"' in asked.json["message"]


@pytest.mark.parametrize("action", ["open", "reset", "run", "stop"])
@pytest.mark.parametrize("lesson", ["9.9", "3", "", "../../etc", "/etc/passwd", "3.1/../../x", "٣.١", "3.1\x00"])
def test_a_lesson_that_is_none_is_not_found(server, action, lesson):
    asked = server.act(action, lesson=lesson)
    assert asked.status == 404 and "There is no lesson" in asked.json["message"]


def test_a_lesson_that_is_only_planned_is_told_as_that(server):
    asked = server.act("open", lesson="1.1")
    assert asked.status == 404 and "is planned" in asked.json["message"]


@pytest.mark.parametrize("profile", ["", "QUICK", "full; rm"])
def test_a_profile_that_is_none_is_a_bad_request(server, profile):
    asked = server.act("run", lesson="0.0", profile=profile)
    assert asked.status == 400 and "not one of quick, full" in asked.json["message"]


def test_stopping_what_does_not_run_is_a_conflict(server):
    asked = server.act("stop", lesson="3.3")
    assert asked.status == 409 and asked.json["message"] == "Lesson 3.3 is not running."


def test_the_terms_of_the_course_are_told(server):
    terms = server.ask("tlnb/api/glossary").json
    (freezing,) = (term for term in terms if term["term"] == "freezing")
    assert set(freezing) == {"term", "also", "says", "lessons"} and "3.1" in freezing["lessons"]


def test_many_may_act_at_once(folder):
    from concurrent.futures import ThreadPoolExecutor

    from tlnb.course.copying import copy_lessons
    from tlnb.course.lessons import all_lessons

    with course_server(folder / "many") as server, ThreadPoolExecutor(12) as pages:
        asked = [
            ("copy", {}),
            ("open", {"lesson": "3.1"}),
            ("reset", {"lesson": "3.2"}),
            ("open", {"lesson": "0.0"}),
        ] * 3
        answers = list(pages.map(lambda one: server.act(one[0], **one[1]), asked))
        assert {answer.status for answer in answers} == {200}
        copied = copy_lessons(server.root / "tlnb-lessons")
    assert len(copied.of("as it was")) == len(all_lessons())
    assert not list((server.root / "tlnb-lessons").rglob("*kept*"))


def test_a_link_that_leads_out_is_not_followed(folder):
    outside = folder / "outside"
    outside.mkdir()
    (outside / "00_start_here.ipynb").write_text("secret")
    with course_server(folder / "links") as server:
        (server.root / "tlnb-lessons").mkdir()
        (server.root / "tlnb-lessons" / "00_start_here.ipynb").symlink_to(outside / "00_start_here.ipynb")
        (server.root / "tlnb-lessons" / "03_fine_tuning").symlink_to(outside)
        for action in ("open", "reset", "run"):
            for lesson in ("0.0", "3.1"):
                asked = server.act(action, lesson=lesson)
                assert asked.status == 400 and "leads out of the course folder" in asked.json["message"]
        state = server.state()
        assert any("leads out" in problem for problem in state["problems"]) and state["folder"] is None
    assert [path.name for path in outside.iterdir()] == ["00_start_here.ipynb"]
    assert (outside / "00_start_here.ipynb").read_text() == "secret"


@pytest.mark.parametrize("setting", ["../elsewhere", "/", "a/../../b"])
def test_a_course_folder_outside_of_the_root_is_refused_and_told(folder, setting):
    with course_server(folder / "settings", f"--TlnbCourse.folder={setting}") as server:
        asked = server.act("copy")
        assert asked.status == 400 and "Set TlnbCourse.folder" in asked.json["message"]
        state = server.state()
        assert state["folder"] is None and "TlnbCourse.folder" in state["problems"][0]
        assert len(state["chapters"]) == 12


def write_settings(folder, text):
    path = folder / "config" / "jupyter_server_config.py"
    path.parent.mkdir(parents=True)
    path.write_text(text)


def test_a_teacher_says_where_the_lessons_are_also_on_a_hub(folder):
    own = folder / "teacher"
    write_settings(own, "c.TlnbCourse.folder = 'week 1/lessons'\nc.ServerApp.base_url = '/user/ada/'")
    with course_server(own) as server:
        answer = server.ask("user/ada/tlnb/api/open", {"lesson": "3.1"}).json
        assert answer["answer"]["path"] == "week 1/lessons/03_fine_tuning/01_freezing.ipynb"
        assert answer["state"]["folder"] == "week 1/lessons"
        assert server.ask("user/ada/tlnb/api/course", token=None).status == 403


def test_a_server_may_do_without_the_extension(folder):
    own = folder / "without"
    write_settings(own, "c.ServerApp.jpserver_extensions = {'tlnb.course.server': False}")
    with course_server(own) as server:
        assert server.ask("api").status == 200 and server.ask("tlnb/api/course").status == 404


def test_an_authorizer_has_a_say(folder):
    own = folder / "authorizer"
    refuse = """
from jupyter_server.auth import Authorizer

class Readers(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return resource != "tlnb" or action == "read"

c.ServerApp.authorizer_class = Readers
"""
    write_settings(own, refuse)
    with course_server(own) as server:
        assert server.ask("tlnb/api/course").status == 200
        assert server.act("copy").status == 403 and not any(server.root.iterdir())


def test_a_root_that_is_itself_a_copy_is_the_course_folder(folder):
    from tlnb.course.copying import copy_lessons

    root = folder / "a copy"
    copy_lessons(root)
    with course_server(folder / "itself", root=root) as server:
        state = server.state()
        assert state["folder"] == "" and state["chapters"][0]["lessons"][0]["path"] == "00_start_here.ipynb"


def test_tlnb_lab_serves_the_copy_that_it_makes(folder):
    with course_server(folder / "lab", lab=True) as server:
        state = server.state()
        assert (
            state["folder"] == "" and state["chapters"][3]["lessons"][0]["path"] == "03_fine_tuning/01_freezing.ipynb"
        )
        assert server.ask("lab").status == 200


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_one_clear_conflict(folder):
    with course_server(folder / "closed") as server:
        server.root.chmod(0o555)
        asked = server.act("copy")
        server.root.chmod(0o755)
    assert asked.status == 409 and "cannot be written" in asked.json["message"]


def test_a_file_in_the_place_of_the_folder_is_one_clear_conflict(folder):
    with course_server(folder / "file") as server:
        (server.root / "tlnb-lessons").write_text("mine")
        asked = server.act("copy")
        assert asked.status == 409 and "is a file, and the lessons need a folder" in asked.json["message"]
        assert server.state()["folder"] is None
    assert (folder / "file" / "root" / "tlnb-lessons").read_text() == "mine"


def test_a_file_in_the_place_of_the_runs_is_one_clear_conflict(folder):
    with course_server(folder / "no runs") as server:
        server.act("open", lesson="0.0")
        (server.root / "tlnb-lessons" / "runs").write_text("mine")
        asked = server.act("run", lesson="0.0")
        assert asked.status == 409 and "is a file" in asked.json["message"] and server.state()["folder"]
