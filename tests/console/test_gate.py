"""Who may ask the console: its owner alone, from its own pages, at its own address."""

from __future__ import annotations

from pathlib import Path

import pytest

from semseg.console.gate import POLICY
from semseg.console.token_file import kept_token
from semseg.errors import PlatformError
from tests.console.served import TOKEN, Visitor, console

AREAS = ("/data", "/train", "/jobs", "/endpoints", "/disk")


def test_every_area_has_a_page_without_inline_scripts_and_styles(visitor: Visitor) -> None:
    for area in AREAS:
        page = visitor.page(area)
        assert "<h1>" in page
        assert "<script>" not in page
        assert "<style" not in page
        assert " style=" not in page


def test_the_link_brings_a_cookie_and_leads_to_the_same_page_without_the_token(visitor: Visitor) -> None:
    answer = visitor.ask(f"/jobs?token={TOKEN}&rows=1", headers={})
    assert (answer.status, answer.headers["Location"]) == (303, "/jobs?rows=1")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"semseg_{visitor.settings.port}={TOKEN};")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_a_link_leads_to_no_other_host(visitor: Visitor) -> None:
    answer = visitor.ask(f"//example.com/?token={TOKEN}", headers={})
    assert answer.headers["Location"] == "/example.com/"


@pytest.mark.parametrize("cookie", ["", "semseg_1={token}", "semseg_{port}=wrong", "semseg_{port}=", "=;;\x01"])
def test_without_the_token_nothing_is_told(visitor: Visitor, cookie: str) -> None:
    sent = {"Cookie": cookie.format(token=TOKEN, port=visitor.settings.port), "Accept": "text/html"}
    for path in (*AREAS, "/", "/data/picture?folder=/", "/nowhere"):
        answer = visitor.ask(path, headers=sent)
        assert answer.status == 401
        assert b"semseg console" in answer.data


def test_a_wrong_token_in_the_link_is_refused(visitor: Visitor) -> None:
    assert visitor.ask("/?token=wrong", headers={}).status == 401
    assert visitor.ask("/?token=%C3%A9", headers={}).status == 401


def test_a_script_is_refused_in_json(visitor: Visitor) -> None:
    answer = visitor.ask("/jobs", headers={"Accept": "*/*"})
    assert (answer.status, answer.headers["Content-Type"]) == (401, "application/json")


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1", "127.0.0.1:1", "localhost.example.com:{port}", ""])
def test_a_foreign_host_is_400_also_with_the_token(visitor: Visitor, host: str) -> None:
    sent = visitor.headers(Host=host.format(port=visitor.settings.port))
    assert visitor.ask("/jobs", headers=sent).status == 400
    assert visitor.ask("/static/console.css", headers=sent).status == 400


def test_localhost_is_this_machine_too(visitor: Visitor) -> None:
    assert visitor.ask("/jobs", headers=visitor.headers(Host=f"localhost:{visitor.settings.port}")).status == 200


@pytest.mark.parametrize("origin", ["http://example.com", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1", ""])
def test_a_change_from_a_foreign_page_is_403(visitor: Visitor, origin: str) -> None:
    sent = visitor.headers(Origin=origin.format(port=visitor.settings.port))
    for path in ("/jobs/street/stop", "/jobs/street/resume", "/train", "/data/label-map", "/data/check"):
        assert visitor.ask(path, "POST", b"", sent).status == 403


def test_a_change_that_names_no_page_is_403(visitor: Visitor) -> None:
    sent = visitor.headers()
    del sent["Origin"]
    assert visitor.ask("/train", "POST", b"", sent).status == 403


def test_each_answer_forbids_inline_scripts_frames_and_guesses(visitor: Visitor) -> None:
    assert POLICY.startswith("default-src 'self'; ")
    assert "unsafe" not in POLICY
    for path in ("/jobs", "/nowhere", "/static/console.css"):
        headers = visitor.ask(path).headers
        assert headers["Content-Security-Policy"] == POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_a_static_file_is_kept_for_ever_where_its_address_changes_with_its_content(visitor: Visitor) -> None:
    assert "immutable" in visitor.ask("/static/console.css?v=1").headers["Cache-Control"]
    assert visitor.ask("/static/console.css").headers["Cache-Control"] == "no-cache"
    assert visitor.ask("/static/../gate.py").status == 404
    assert visitor.ask("/static/%2e%2e/gate.py").status == 404


def test_a_page_is_compressed_for_a_browser_that_can_read_it(visitor: Visitor) -> None:
    answer = visitor.ask("/train", headers=visitor.headers(Accept_Encoding="gzip"))
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"<h1>" in answer.data  # which urllib3 has read
    assert int(answer.headers["Content-Length"]) < len(answer.data) / 3
    assert "Content-Encoding" not in visitor.ask("/train").headers


def test_a_form_that_is_too_large_is_413(visitor: Visitor) -> None:
    assert visitor.ask("/train", "POST", b"a=" + bytes(1 << 20)).status == 413


def test_an_unknown_page_and_a_wrong_method_say_so(visitor: Visitor) -> None:
    assert (visitor.ask("/nowhere").status, visitor.ask("/jobs", "DELETE").status) == (404, 405)


def test_the_token_of_a_home_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    token = kept_token(tmp_path)
    assert len(token) == 43
    assert kept_token(tmp_path) == token
    assert (tmp_path / "console.token").stat().st_mode & 0o777 == 0o600


def test_a_file_that_holds_no_token_is_told(tmp_path: Path) -> None:
    (tmp_path / "console.token").write_text("short")
    with pytest.raises(PlatformError, match="must hold the token of the console"):
        kept_token(tmp_path)


def test_a_console_that_is_stopped_leaves_its_port_to_the_next_one(tmp_path: Path) -> None:
    with console(tmp_path) as first:
        assert first.ask("/jobs").status == 200
    with console(tmp_path) as second:
        assert second.ask("/jobs").status == 200
