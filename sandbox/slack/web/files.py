"""files.*: the three steps of an upload, and files.info."""

from __future__ import annotations

from typing import Any

from sandbox.slack.backend import Backend
from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.messages import File, Message
from sandbox.slack.posting import Contents, contents
from sandbox.slack.seed import BOT_USER_ID
from sandbox.slack.web.arguments import Arguments
from sandbox.slack.web.methods import Answer, method

SNIPPET_BYTES = 1024 * 1024
MOST_CHANNELS = 100
ALT_TEXT = 1000


@method("files.getUploadURLExternal", scopes=("files:write",))
def upload_url(backend: Backend, arguments: Arguments) -> Answer:
    """Give a place to send the bytes to."""
    name, length = arguments.string("filename"), arguments.get("length")
    try:
        size = int(str(length))
    except ValueError:
        size = 0
    if not name or size < 1:
        raise SlackError("missing_argument")
    if len(arguments.string("alt_txt")) > ALT_TEXT:
        raise invalid_arguments(
            f"must be less than {ALT_TEXT + 1} characters [json-pointer:/alt_txt]"
        )
    if arguments.string("snippet_type") and size > SNIPPET_BYTES:
        raise SlackError("snippet_too_large")
    file = backend.workspace.new_file(name, BOT_USER_ID)
    return {"upload_url": f"{backend.origin}/upload/v1/{file.id}", "file_id": file.id}


@method("files.completeUploadExternal", scopes=("files:write",))
def complete_upload(backend: Backend, arguments: Arguments) -> Answer:
    """Keep the uploaded files and share them to channels."""
    files = _named_files(backend, arguments.json("files", "invalid_arguments"))
    wanted = [*([arguments.string("channel_id")] if arguments.string("channel_id") else [])]
    wanted += arguments.names("channels")
    if len(wanted) > MOST_CHANNELS:
        raise SlackError("channels_limit_exceeded")
    channels = [backend.workspace.channel_for_bot(channel) for channel in wanted]
    if any(not channel.bot_member for channel in channels):
        raise SlackError("not_in_channel")
    comment = arguments.string("initial_comment")
    shown = Contents(text=comment)
    if not comment and arguments.get("blocks"):
        shown = contents(Arguments({"blocks": arguments["blocks"]}), backend.workspace)
    for file, title in files:
        file.completed, file.title = True, title or file.title
        file.channels = [channel.id for channel in channels]
    for channel in channels:
        thread = channel.messages.get(arguments.string("thread_ts"))
        backend.workspace.add(
            Message(
                channel=channel.id,
                ts=backend.workspace.next_ts(),
                user=BOT_USER_ID,
                bot=True,
                text=shown.text,
                blocks=shown.blocks,
                thread_ts=thread.root if thread is not None else None,
                files=[file for file, _ in files],
            )
        )
    return {"files": [file.as_dict() for file, _ in files]}


@method("files.info", scopes=("files:read",))
def file_info(backend: Backend, arguments: Arguments) -> Answer:
    """Show one file."""
    (file_id,) = arguments.required("file")
    file = backend.workspace.files.get(file_id)
    if file is None or not file.completed:
        raise SlackError("file_not_found")
    return {"file": file.as_dict(), "comments": [], "response_metadata": {"next_cursor": ""}}


def _named_files(backend: Backend, given: Any) -> list[tuple[File, str]]:
    if given is None:
        raise invalid_arguments("missing required field: files")
    if not isinstance(given, list) or not given:
        raise invalid_arguments("must provide an array [json-pointer:/files]")
    files: list[tuple[File, str]] = []
    for index, entry in enumerate(given):
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            raise invalid_arguments(f"missing required field: id [json-pointer:/files/{index}]")
        title = entry.get("title") or ""
        if not isinstance(title, str):
            raise invalid_arguments(f"must provide a string [json-pointer:/files/{index}/title]")
        file = backend.workspace.files.get(entry["id"])
        if file is None or file.size == 0:
            raise SlackError("file_not_found")
        files.append((file, title))
    return files
