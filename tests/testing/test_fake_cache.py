"""The fake's prompt caches bill as the providers document it."""

from hypothesis import given
from hypothesis import strategies as st

from headroom.exchange import Usage
from headroom.testing.cache import AnthropicCache, PrefixCache, chat_texts, responses_texts
from headroom.testing.tokens import Tokens

TOKENS = Tokens()
MARK = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}


def words(count, seed="w"):
    return " ".join(f"{seed}{number}" for number in range(count))


LONG = words(900)
"""About 2,700 tokens: over the minimum by itself."""


def block(text, mark=None):
    return {"type": "text", "text": text, **({"cache_control": mark} if mark else {})}


def body(*messages, system=LONG, mark=MARK, **more):
    return {
        "model": "claude-sonnet-4-5",
        "system": [block(system, mark)],
        "messages": [
            {
                "role": "user" if index % 2 == 0 else "assistant",
                "content": content if isinstance(content, list) else [content],
            }
            for index, content in enumerate(messages)
        ],
        **more,
    }


def total(usage):
    return usage.total_input


def test_first_request_writes_and_the_second_reads():
    cache = AnthropicCache(TOKENS)
    first = cache.bill(body(block("a")), "key", 0)
    assert first.cache_read == 0
    assert first.cache_write_5m > 1024
    assert first.input > 0
    second = cache.bill(body(block("b")), "key", 10)
    assert second.cache_read == first.cache_write_5m
    assert second.cache_write == 0


def test_growing_conversation_reads_all_it_wrote():
    cache = AnthropicCache(TOKENS)
    history, before = [], Usage()
    for turn in range(5):
        marked = [*history, block(words(300, f"t{turn}"), MARK)]
        usage = cache.bill(body(*marked), "key", turn)
        assert usage.cache_read == before.cache_read + before.cache_write
        assert usage.input == 0
        history.append(block(words(300, f"t{turn}")))
        before = usage


def test_a_changed_old_block_is_written_again():
    cache = AnthropicCache(TOKENS)
    old = [block(words(2000, "old")), block("ok"), block(words(2000, "new"), MARK)]
    cache.bill(body(*old), "key", 0)
    changed = [block(words(2000, "other")), *old[1:]]
    usage = cache.bill(body(*changed), "key", 1)
    system = AnthropicCache(TOKENS).bill(body(block("x")), "key", 0).cache_write
    assert usage.cache_read == system
    assert usage.cache_write > 8000


def test_lives_end_and_reads_renew_them():
    cache = AnthropicCache(TOKENS)
    cache.bill(body(block("a")), "key", 0)
    assert cache.bill(body(block("b")), "key", 299).cache_read
    assert cache.bill(body(block("c")), "key", 590).cache_read, "the read at 299 renewed it"
    assert not cache.bill(body(block("d")), "key", 891).cache_read


def test_an_hour_lives_an_hour_and_is_billed_apart():
    cache = AnthropicCache(TOKENS)
    first = cache.bill(body(block(LONG, MARK), mark=HOUR), "key", 0)
    assert first.cache_write_1h > 1024
    assert first.cache_write_5m > 1024
    later = cache.bill(body(block(LONG, MARK), mark=HOUR), "key", 1200)
    assert later.cache_read == first.cache_write_1h
    assert later.cache_write_5m == first.cache_write_5m
    assert later.cache_write_1h == 0


def test_nothing_below_the_minimum_is_cached():
    cache = AnthropicCache(TOKENS)
    for now in (0, 1):
        usage = cache.bill(body(block("a"), system=words(100)), "key", now)
        assert usage.cache_write == usage.cache_read == 0


def test_look_back_ends_after_twenty_blocks():
    for gap, hit in ((19, True), (20, False)):
        cache = AnthropicCache(TOKENS)
        first = [block(LONG, MARK)]
        cache.bill(body(first, mark=None, system="s"), "key", 0)
        far = [block(LONG), *(block(f"b{n}") for n in range(gap - 1)), block("end", MARK)]
        assert bool(cache.bill(body(far, mark=None, system="s"), "key", 1).cache_read) is hit


def test_keys_models_tools_and_settings_part_the_cache():
    base = body(block(LONG, MARK), tools=[{"name": "a"}], thinking={"type": "adaptive"})
    cache = AnthropicCache(TOKENS)
    cache.bill(base, "key", 0)
    assert cache.bill(base, "key", 1).input == 0
    assert not cache.bill(base, "other key", 1).cache_read
    assert not cache.bill({**base, "model": "claude-opus-4-5"}, "key", 1).cache_read
    assert not cache.bill({**base, "tools": [{"name": "b"}]}, "key", 1).cache_read
    system_only = cache.bill({**base, "thinking": {"type": "disabled"}}, "key", 1)
    assert 0 < system_only.cache_read < total(system_only), "the system prompt stays, the messages go"


def test_layout_and_marks_do_not_part_the_cache():
    cache = AnthropicCache(TOKENS)
    cache.bill(body(block(LONG, MARK)), "key", 0)
    moved = body(block(LONG), block("ok"), block("next", MARK))
    assert cache.bill(moved, "key", 1).cache_write < 10


def chat(*texts):
    return {
        "messages": [
            {"role": "user" if index % 2 == 0 else "assistant", "content": text} for index, text in enumerate(texts)
        ]
    }


def bill_chat(cache, now, *texts):
    return cache.bill(chat_texts(chat(*texts)), "key", now)


def test_automatic_cache_reads_whole_steps_of_the_common_prefix():
    cache = PrefixCache(TOKENS)
    first = bill_chat(cache, 0, LONG)
    assert first.cache_read == 0
    second = bill_chat(cache, 1, LONG, "ok", "more")
    assert second.cache_read % 128 == 0
    assert 0 <= total(first) - second.cache_read < 128
    middle = bill_chat(cache, 2, LONG[: len(LONG) // 2 + 2000] + " changed " + LONG[-3000:])
    assert 1024 <= middle.cache_read < second.cache_read
    assert bill_chat(cache, 301, LONG).cache_read, "renewed at 2"
    assert not bill_chat(cache, 700, LONG).cache_read


def test_automatic_cache_has_a_minimum():
    cache = PrefixCache(TOKENS)
    short = words(200)
    bill_chat(cache, 0, short)
    assert not bill_chat(cache, 1, short).cache_read


def test_newer_openai_models_report_writes():
    cache = PrefixCache(TOKENS)
    first = cache.bill([LONG], "key", 0, writes=True)
    assert first.cache_write_5m % 128 == 0
    assert first.cache_write_5m + first.input == total(first)
    second = cache.bill([LONG, words(300, "x")], "key", 1, writes=True)
    assert second.cache_read == first.cache_write_5m


@given(st.lists(st.sampled_from([words(150, seed) for seed in "abcde"]), min_size=1, max_size=12), st.integers(0, 12))
def test_parts_always_add_up(texts, cut):
    spoken = PrefixCache(TOKENS)
    marked = AnthropicCache(TOKENS)
    sizes = []
    for now, upto in enumerate((min(cut, len(texts)) or 1, len(texts))):
        plain = spoken.bill(texts[:upto], "key", now)
        assert total(plain) == sum(TOKENS.count(text) for text in texts[:upto])
        content = [block(text) for text in texts[:upto]]
        content[-1]["cache_control"] = MARK
        usage = marked.bill(body(content, mark=None, system="s"), "key", now)
        sizes.append(total(usage))
        assert usage.input >= 0
        assert usage.cache_write >= 0
    assert sizes[0] <= sizes[1]


def test_token_ids_are_bounded():
    small = Tokens(limit=4000)
    for number in range(50):
        small.count(words(50, f"n{number}"))
    assert small._held <= 4000
    assert small.count("hello world") == 2


def test_a_clients_notes_to_itself_are_no_part_of_a_prompt():
    call = {"role": "tool", "tool_call_id": "c1", "content": "done " * 900}
    noted = call | {"__copilotMessageSource": {"kind": "tool", "name": "edit"}}
    assert list(chat_texts({"messages": [call]})) == list(chat_texts({"messages": [noted]}))
    item = {"type": "function_call", "call_id": "c1", "name": "edit", "arguments": "{}"}
    noted = item | {"internal_chat_message_metadata_passthrough": {"turn": 3}}
    assert list(responses_texts({}, [item])) == list(responses_texts({}, [noted]))
