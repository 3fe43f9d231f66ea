"""GET /transformations/feed."""

import json

import pytest

from headroom.accounts.contents import Content, Contents, readable
from headroom.settings import Settings
from tests.accounts.exchanges import exchange
from tests.control.books import House


async def test_newest_first_and_only_what_was_transformed():
    house = House()
    house.book(exchange(1))
    house.book(exchange(2, transforms=[]))
    house.book(exchange(3))
    rows = (await house.get("/transformations/feed"))["transformations"]
    assert [row["request_id"][-1] for row in rows] == ["3", "1"]
    assert rows[0]["request_messages"] is rows[0]["compressed_messages"] is rows[0]["response_content"] is None
    every = (await house.get("/transformations/feed", all="1", limit="2"))["transformations"]
    assert [row["request_id"][-1] for row in every] == ["3", "2"]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "", "1.5"])
async def test_a_bad_limit_is_told(limit):
    assert (await House().reply("/transformations/feed", limit=limit)).status == 422


async def test_content_is_there_with_message_logging():
    house = House(Settings(log_messages=True))
    body = json.dumps({"messages": [{"role": "user", "content": "hello"}]}).encode()
    house.book(exchange(1, body_in=body, body_out=body.replace(b"hello", b"hi"), response_text="answer"))
    row = (await house.get("/transformations/feed"))["transformations"][0]
    assert row["request_messages"]["messages"][0]["content"] == "hello"
    assert row["compressed_messages"]["messages"][0]["content"] == "hi"
    assert row["response_content"] == "answer"


def test_content_is_bounded_in_number_and_bytes():
    kept = Contents(most=3, max_bytes=1_000)
    for number in range(5):
        kept.put(str(number), Content(b"x" * 10, b"", None))
    assert kept.get("1") is None
    assert kept.get("4") is not None
    kept.put("large", Content(b"x" * 990, b"", None))
    assert kept.get("3") is None
    kept.put("too large", Content(b"x" * 2_000, b"", None))
    assert kept.get("too large") is None
    assert kept.get("large") is not None


IMAGE = "iVBORw0KGgo" + "A1b2/+" * 400


@pytest.mark.parametrize(
    "text", [IMAGE, f"data:image/png;base64,{IMAGE}", IMAGE.replace("/", "\\/")], ids=["plain", "data URL", "escaped"]
)
def test_images_are_replaced_by_their_size(text):
    shown = readable(b'{"a": [{"data": "' + text.encode() + b'"}], "b": "kept"}')
    assert shown["a"][0]["data"].startswith("<image:base64-redacted bytes=")
    assert shown["b"] == "kept"


@pytest.mark.parametrize(
    "text", ["short+base64==", "words " * 500, "x" * 900], ids=["short", "prose", "under a kibibyte"]
)
def test_what_is_no_image_stays(text):
    assert readable(json.dumps({"data": text}).encode()) == {"data": text}


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff\xfe", b"[" * 5_000], ids=["empty", "text", "bytes", "deep"])
def test_what_is_no_json_is_text(body):
    assert isinstance(readable(body), str)
