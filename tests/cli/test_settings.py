"""A file of settings with mistakes in it, as an administrator meets them: what should be there."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.app import app
from bot.configuration import ConfigurationError, load_configuration

GOOD = "control_clusters: [{name: hub, in_cluster: true}]\nslack: {channel: C0123456789}\n"


def settings(folder: Path, text: str) -> Path:
    file = folder / "mtc-bot.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "slak: {}\n", "slak: there is no such setting; did you mean slack?"),
        (GOOD + "intervall_seconds: 9\n", "did you mean interval_seconds?"),
        (GOOD + "zzz: 1\n", "zzz: there is no such setting"),
        (GOOD.replace("C0123456789", "'#alerts'"), "must be the channel's id, such as C0123456789"),
        (GOOD.replace("hub", "Hub One"), "lower-case letters"),
        (GOOD.splitlines()[0], "slack: is missing"),
        ("slack: {channel: C0123456789}\ncontrol_clusters: hub\n", "must be a list"),
        ("slack: {channel: C0123456789}\ncontrol_clusters: []\n", "give at least one"),
        (GOOD + "interval_seconds: often\n", "interval_seconds: must be a whole number"),
    ],
)
def test_each_mistake_is_told_with_what_should_be_there(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_configuration(settings(tmp_path, text), {})
    told = str(refused.value)
    assert said in told
    assert "deploy/mtc-bot.example.yaml" in told
    for of_the_library in ("tuple", "Value error", "Extra inputs", "pattern", "Field required"):
        assert of_the_library not in told


def test_what_only_follows_from_another_mistake_is_left_out(tmp_path: Path) -> None:
    text = GOOD.replace("in_cluster: true", "kubeconf: x")
    with pytest.raises(ConfigurationError) as refused:
        load_configuration(settings(tmp_path, text), {})
    assert "at least" not in str(refused.value)
    assert "did you mean kubeconfig?" in str(refused.value)


def test_a_folder_in_the_place_of_the_file_is_one_sentence(tmp_path: Path) -> None:
    result = check(tmp_path)
    assert result.exit_code == 2
    assert "Errno" not in result.stderr
    assert "Name a file of settings." in result.stderr


def test_folders_of_knowledge_are_checked_as_well(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "mine.yaml").write_text("id: mine\n")
    text = f"{GOOD}knowledge: [{tmp_path}/none, {broken}]\ndatabase: 'sqlite:///{tmp_path}/x'\n"
    result = check(settings(tmp_path, text))
    assert result.exit_code == 2
    assert f"✗ knowledge {tmp_path}/none: there is no such folder" in result.stdout
    assert f"Try: mtc-bot kb test {broken}" in result.stdout


def check(config: Path) -> Result:
    tokens = {"SLACK_BOT_TOKEN": "xoxb-none", "SLACK_APP_TOKEN": "xapp-none"}
    words = ["run", "--check", "--config", str(config), "--slack-api", "http://127.0.0.1:1/api/"]
    return CliRunner().invoke(app, words, env={"MTC_BOT_LANG": "en", **tokens})
