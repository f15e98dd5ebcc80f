"""``mtc-bot kb new | draft | test | schema | stats``, as somebody types them at night.

In: a command line, files, standard input. Out: exit code, texts, the file that was written.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from bot.cli.kb_commands import app
from bot.store.database import open_database
from bot.store.feedback import StoredFeedback
from knowledge.authoring import Seen, draft, entry_id, entry_schema, observed
from knowledge.linting import lint
from knowledge.loading import Entries, builtin_folder, load_builtin, load_folder, parse_entry
from knowledge.schema import Entry

ODD = (
    'time="2026-03-01T11:29:00Z" level=error msg="cannot go on" '
    'error="flux converter 17 of pod shop/web-5d8f reports phase inversion" logSource="a.go:1"'
)


def run(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, [*words], input=typed, env={"MTC_BOT_LANG": "en"})


def finished(path: Path) -> None:
    """Do what the author of a draft does."""
    page = path.read_text(encoding="utf-8")
    page = page.replace("CHANGE ME: a line that looks like it", "a healthy line")
    page = page.replace("CHANGE ME: ", "the lattice, ").replace("请修改：", "晶格，")
    path.write_text(page, encoding="utf-8")


class TestNew:
    def test_a_skeleton_is_valid_and_lint_names_what_is_left_to_do(self, tmp_path: Path) -> None:
        assert run("new", "lattice", "-f", str(tmp_path)).exit_code == 0
        parsed = parse_entry((tmp_path / "lattice.yaml").read_text(encoding="utf-8"), "x")
        assert isinstance(parsed, Entry)
        complaints = lint(Entries({"lattice": parsed}))
        assert complaints
        assert all("skeleton" in c.what.en for c in complaints)

    def test_a_file_that_is_there_is_never_overwritten(self, tmp_path: Path) -> None:
        (tmp_path / "lattice.yaml").write_text("mine", encoding="utf-8")
        result = run("new", "lattice", "-f", str(tmp_path))
        assert result.exit_code == 2
        assert "nothing was changed" in result.output
        assert (tmp_path / "lattice.yaml").read_text(encoding="utf-8") == "mine"

    @pytest.mark.parametrize("bad", ["Bad_Id", "../up", "a/b", "", "é", "-x"])
    def test_an_id_that_cannot_be_one_is_refused_and_writes_nothing(
        self, tmp_path: Path, bad: str
    ) -> None:
        result = run("new", "-f", str(tmp_path / "in"), "--", bad)
        assert result.exit_code == 2
        assert "small letters, digits and dashes" in result.output
        assert list(tmp_path.rglob("*")) == []

    def test_an_entry_of_ours_can_be_begun_from(self, tmp_path: Path) -> None:
        assert run("new", "my-store", "--from", "store-full", "-f", str(tmp_path)).exit_code == 0
        loaded = load_folder(tmp_path)
        assert loaded.problems == ()
        assert loaded.by_id["my-store"].title == load_builtin().by_id["store-full"].title
        assert run("new", "x", "--from", "no-such", "-f", str(tmp_path)).exit_code == 2

    def test_a_message_given_at_once_becomes_the_matcher(self, tmp_path: Path) -> None:
        run("new", "lattice", "--text", ODD, "--component", "velero", "-f", str(tmp_path))
        page = yaml.safe_load((tmp_path / "lattice.yaml").read_text(encoding="utf-8"))
        (matcher,) = page["matchers"]
        assert matcher["signature"]["components"] == ["velero"]
        assert "flux converter" in matcher["signature"]["pattern"]


class TestDraft:
    def test_the_unknown_line_becomes_an_entry_that_passes_once_its_words_are_changed(
        self, tmp_path: Path
    ) -> None:
        log = tmp_path / "velero.log"
        log.write_text(f"level=info msg=ok\n{ODD}\nlevel=error msg=gizmo\n", encoding="utf-8")
        own = tmp_path / "own"
        result = run("draft", str(log), "-f", str(own), "--id", "flux", "--component", "velero")
        assert result.exit_code == 0, result.output
        finished(own / "flux.yaml")
        result = run("test", str(own))
        assert result.exit_code == 0, result.output
        assert "errors: 0" in result.output

    def test_what_varies_is_left_open(self) -> None:
        page = yaml.safe_load(draft("x", Seen(ODD)))
        pattern = page["matchers"][0]["signature"]["pattern"]
        assert pattern == r"flux converter \S+ of pod \S+ reports phase inversion"

    def test_what_is_known_is_said_and_not_drafted_again(self) -> None:
        known = "level=error msg='An error occurred: NoSuchBucket: The specified bucket does not'"
        result = run("draft", "-", typed=f"{known}\n")
        assert result.exit_code == 1
        assert "Known already: store-bucket-missing" in result.output
        assert "kb match" in result.output

    def test_a_line_of_which_only_the_symptom_is_known_is_drafted(self) -> None:
        result = run(
            "draft", "-", typed=ODD.replace("cannot go on", "Error backing up item") + "\n"
        )
        assert result.exit_code == 0
        assert "flux converter" in result.stdout

    def test_a_secret_in_the_log_does_not_get_into_the_draft(self) -> None:
        result = run("draft", "-", typed=ODD.replace("17", "password=hunter2hunter2") + "\n")
        assert result.exit_code == 0
        assert "hunter2" not in result.output

    def test_objects_are_read_as_well(self) -> None:
        obj = {
            "kind": "Restore",
            "metadata": {"name": "r1"},
            "status": {"phase": "Failed", "failureReason": "flux lattice inverted beyond repair"},
        }
        result = run("draft", "-", typed=yaml.safe_dump(obj))
        assert result.exit_code == 0
        assert "flux lattice inverted beyond repair" in result.stdout

    @given(st.text(max_size=300), st.sampled_from(["log", "event", "status"]))
    def test_any_text_makes_a_valid_entry(self, text: str, kind: str) -> None:
        name = entry_id(text)
        parsed = parse_entry(draft(name, Seen(text or "x y z", kind=kind)), "x")
        assert isinstance(parsed, Entry) or "at least 4 characters" in parsed.what

    @given(st.binary(max_size=400))
    def test_any_bytes_can_be_looked_at(self, data: bytes) -> None:
        assert len(observed(data)) <= len(data) + 1


class TestTest:
    def test_an_example_that_does_not_lead_there_is_an_error(self, tmp_path: Path) -> None:
        run("new", "lattice", "--text", "the lattice has inverted", "-f", str(tmp_path))
        path = tmp_path / "lattice.yaml"
        finished(path)
        page = path.read_text(encoding="utf-8")
        page = page.replace("text: all is well", "text: again the lattice has inverted")
        path.write_text(page, encoding="utf-8")
        result = run("test", str(tmp_path), "--lang", "zh")
        assert result.exit_code == 1
        assert "第 2 个反例也匹配" in result.output

    def test_a_broken_file_is_named_and_an_entry_so_wide_that_it_takes_our_examples(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "bad.yaml").write_text("id: [", encoding="utf-8")
        page = draft("wide", Seen("pattern to come")).replace(
            "text: pattern to come", "text: NoSuchBucket", 1
        )
        page = page.replace("supersedes: []", "supersedes: [store-bucket-missing]")
        (tmp_path / "wide.yaml").write_text(page, encoding="utf-8")
        result = run("test", str(tmp_path))
        assert result.exit_code == 1
        assert "comes before store-bucket-missing" in result.output
        assert "bad.yaml" in result.output

    def test_of_several_the_one_that_cannot_be_compiled_is_named(self) -> None:
        pages = {name: draft(name, Seen(f"the {name} is gone")) for name in ("lattice", "flux")}
        repeats = "pattern: '(flux)\\1+'"
        pages["flux"] = pages["flux"].replace("text: the flux is gone", repeats, 1)
        parsed = {name: parse_entry(page, name) for name, page in pages.items()}
        entries = {name: entry for name, entry in parsed.items() if isinstance(entry, Entry)}
        assert len(entries) == 2
        told = [c for c in lint(Entries(entries)) if "cannot be compiled" in c.what.en]
        assert [complaint.entry for complaint in told] == ["flux"]

    def test_a_folder_that_is_not_there_or_empty_says_how_to_begin(self, tmp_path: Path) -> None:
        for folder in (tmp_path / "no", tmp_path):
            result = run("test", str(folder))
            assert result.exit_code == 2
            assert "mtc-bot kb new" in result.output


class TestSchema:
    def test_it_is_printed_and_written(self, tmp_path: Path) -> None:
        printed = orjson.loads(run("schema").stdout)
        assert printed["properties"]["id"]
        run("schema", "-f", str(tmp_path))
        assert orjson.loads((tmp_path / "entry.schema.json").read_bytes()) == printed

    def test_fields_are_explained(self) -> None:
        properties = entry_schema()["properties"]
        assert "symptoms of this one" in properties["explains"]["description"]

    def test_every_entry_of_ours_fits_it(self) -> None:
        schema = entry_schema()
        for path in sorted(builtin_folder().glob("*.yaml")):
            fits(yaml.safe_load(path.read_text(encoding="utf-8")), schema, schema, path.stem)

    def test_an_entry_with_a_wrong_field_does_not_fit(self) -> None:
        schema = entry_schema()
        page = yaml.safe_load(draft("x", Seen("the lattice has inverted")))
        fits(page, schema, schema, "x")
        with pytest.raises(AssertionError):
            fits({**page, "severty": "error"}, schema, schema, "x")
        with pytest.raises(AssertionError):
            fits({**page, "severity": "dire"}, schema, schema, "x")


class TestStats:
    def test_votes_are_shown_the_most_disputed_first(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path}/bot.sqlite3"
        database = open_database(url)
        now = datetime(2026, 3, 1, tzinfo=UTC)
        StoredFeedback(database).add("store-full", "i1", "U1", True, now)
        StoredFeedback(database).add("hook-job-failed", "i2", "U1", False, now)
        output = run("stats", "--database", url).output
        assert output.index("hook-job-failed") < output.index("store-full")
        assert "正确率" in run("stats", "--database", url, "--lang", "zh").output
        database.close()

    def test_a_database_that_is_not_there_is_a_sentence(self, tmp_path: Path) -> None:
        result = run("stats", "--database", f"sqlite:///{tmp_path}/no.sqlite3")
        assert result.exit_code == 2
        assert "--database" in result.output


def fits(value: Any, schema: dict[str, Any], whole: dict[str, Any], where: str) -> None:
    """Assert the part of JSON Schema that our schema uses."""
    if "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in schema:
        errors = []
        for each in schema["anyOf"]:
            try:
                fits(value, each, whole, where)
            except AssertionError as error:
                errors.append(str(error))
        assert len(errors) < len(schema["anyOf"]), f"{where}: {'; '.join(errors)}"
        return
    if "enum" in schema:
        assert value in schema["enum"], f"{where}: {value}"
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
    kinds["null"] = type(None)
    if "type" in schema:
        assert isinstance(value, kinds[schema["type"]]), f"{where}: {value!r}"
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        for key in schema.get("required", ()):
            assert key in value, f"{where} lacks {key}"
        if "oneOf" in schema:
            assert sum(all(k in value for k in o["required"]) for o in schema["oneOf"]) == 1
        assert len(value) <= schema.get("maxProperties", len(value)), where
        for key, each in value.items():
            extra = schema.get("additionalProperties", True)
            assert key in properties or extra is not False, f"{where}: {key} is not known"
            inner = properties.get(key) or (extra if isinstance(extra, dict) else {})
            fits(each, inner, whole, f"{where}.{key}")
    if isinstance(value, list):
        assert len(value) >= schema.get("minItems", 0), where
        for each in value:
            fits(each, schema.get("items", {}), whole, where)
