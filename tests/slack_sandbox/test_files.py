from __future__ import annotations

import urllib.request

import pytest
from slack_sdk import WebClient

from sandbox.slack import SlackSandbox
from tests.slack_sandbox.conftest import ROOM, error_of


def test_an_upload_is_shared_into_a_thread_with_its_comment(
    sandbox: SlackSandbox, web: WebClient
) -> None:
    root = web.chat_postMessage(channel=ROOM, text="root")["ts"]
    answer = web.files_upload_v2(
        channel=ROOM,
        thread_ts=root,
        filename="rsync.log",
        title="The rsync log",
        content="line one\n线二\n",
        initial_comment="evidence",
    )
    file = answer["file"]
    assert (file["name"], file["title"], file["size"]) == ("rsync.log", "The rsync log", 16)
    shared = sandbox.messages(ROOM, root)[-1]
    assert shared["text"] == "evidence"
    assert [one["id"] for one in shared["files"]] == [file["id"]]
    assert web.files_info(file=file["id"])["file"]["channels"] == [ROOM]
    with urllib.request.urlopen(f"{sandbox.url}files/{file['id']}") as kept:
        assert kept.read().decode() == "line one\n线二\n"
        assert kept.headers["Content-Disposition"] == "attachment"


def test_several_files_come_in_one_message(sandbox: SlackSandbox, web: WebClient) -> None:
    web.files_upload_v2(
        channel=ROOM,
        file_uploads=[
            {"filename": "a.txt", "content": "a"},
            {"filename": "b.txt", "content": "b"},
        ],
    )
    (message,) = sandbox.messages(ROOM)
    assert [one["name"] for one in message["files"]] == ["a.txt", "b.txt"]


def test_an_upload_that_is_never_completed_is_not_there(
    sandbox: SlackSandbox, web: WebClient
) -> None:
    place = web.files_getUploadURLExternal(filename="a.txt", length=1)
    request = urllib.request.Request(place["upload_url"], data=b"a", method="POST")
    with urllib.request.urlopen(request) as answer:
        assert answer.read() == b"OK - 1"
    assert error_of(web.files_info, file=place["file_id"]) == "file_not_found"
    assert sandbox.messages(ROOM) == []


def test_a_file_whose_bytes_never_came_cannot_be_completed(web: WebClient) -> None:
    place = web.files_getUploadURLExternal(filename="a.txt", length=1)
    files = [{"id": place["file_id"], "title": "a"}]
    assert error_of(web.files_completeUploadExternal, files=files) == "file_not_found"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"filename": "a.txt", "length": 0}, "missing_argument"),
        ({"filename": "", "length": 5}, "missing_argument"),
        ({"filename": "a.txt", "length": 2_000_000, "snippet_type": "text"}, "snippet_too_large"),
        ({"filename": "a.txt", "length": 5, "alt_txt": "x" * 1001}, "invalid_arguments"),
    ],
)
def test_a_place_for_an_upload_is_refused(
    web: WebClient, arguments: dict[str, object], code: str
) -> None:
    assert error_of(web.files_getUploadURLExternal, **arguments) == code


def test_files_are_shared_only_where_the_bot_is(web: WebClient) -> None:
    place = web.files_getUploadURLExternal(filename="a.txt", length=1)
    request = urllib.request.Request(place["upload_url"], data=b"a", method="POST")
    urllib.request.urlopen(request).close()
    files = [{"id": place["file_id"], "title": "a"}]
    for channel, code in (
        ("C0GENERAL1", "not_in_channel"),
        ("C0NOWHERE1", "channel_not_found"),
    ):
        assert error_of(web.files_completeUploadExternal, files=files, channel_id=channel) == code
    assert web.files_completeUploadExternal(files=files)["files"][0]["channels"] == []
