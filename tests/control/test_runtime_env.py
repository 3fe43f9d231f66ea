"""POST /admin/runtime-env: hot settings, all or none, for every worker of a run."""

from dataclasses import replace

import pytest

from headroom.control.http import ControlRequest
from headroom.control.runtime_env import KNOWN, Common, RuntimeEnv
from headroom.settings import Settings
from headroom.store.memory import MemoryStore


class House:
    """A worker: its settings and its handler."""

    def __init__(self, store=None, run="1.0"):
        self.settings = Settings()
        common = Common(store, run) if store is not None else None
        self.hot = RuntimeEnv(lambda: self.settings, self.adopt, lambda: 0.0, common)

    def adopt(self, settings):
        self.settings = settings

    async def post(self, body):
        import json

        reply = await self.hot.handle(ControlRequest("POST", "/admin/runtime-env", body=body))
        return reply.status, json.loads(reply.body)


async def test_a_known_setting_counts_from_the_next_request_on():
    house = House()
    status, told = await house.post(b'{"HEADROOM_TARGET_RATIO": "0.4", "FOO": "1", "HEADROOM_HOST": "0.0.0.0"}')
    assert status == 200
    assert told["applied"] == {"HEADROOM_TARGET_RATIO": "0.4"}
    assert told["runtime_env"]["HEADROOM_TARGET_RATIO"] == "0.4"
    assert told["ignored"] == ["FOO", "HEADROOM_HOST"]
    assert house.settings == replace(Settings(), target_ratio=0.4)


async def test_an_empty_value_goes_back_to_the_default():
    house = House()
    await house.post(b'{"HEADROOM_TARGET_RATIO": "0.4"}')
    _, told = await house.post(b'{"HEADROOM_TARGET_RATIO": ""}')
    assert told["runtime_env"]["HEADROOM_TARGET_RATIO"] is None
    assert house.settings == Settings()


@pytest.mark.parametrize("body", [b"", b"[]", b"nothing", b'"x"', b"{", b"[" * 100_000], ids=repr)
async def test_what_is_no_object_is_refused(body):
    house = House()
    assert await house.post(body) == (400, {"error": "expected a JSON object of {ENV_NAME: value}"})


async def test_a_bad_value_changes_nothing():
    house = House()
    status, told = await house.post(b'{"HEADROOM_TARGET_RATIO": "7"}')
    assert status == 400
    assert "HEADROOM_TARGET_RATIO: must be at most 1" in told["error"]
    assert house.settings == Settings()


async def test_values_that_are_no_text_are_ignored():
    house = House()
    status, told = await house.post(b'{"HEADROOM_TARGET_RATIO": 0.4}')
    assert (status, told["applied"], told["ignored"]) == (200, {}, ["HEADROOM_TARGET_RATIO"])


async def test_the_other_workers_of_a_run_follow_and_a_later_run_does_not():
    store = MemoryStore(now=lambda: 0.0)
    one, two, later = House(store), House(store), House(store, run="2.0")
    await one.post(b'{"HEADROOM_TARGET_RATIO": "0.4"}')
    for house in (two, later):
        await house.hot.follow()
    assert (two.settings.target_ratio, later.settings.target_ratio) == (0.4, None)
    await two.post(b'{"HEADROOM_TARGET_RATIO": ""}')
    await one.hot.follow()
    assert one.settings.target_ratio is None


def test_no_hot_setting_names_a_path_a_url_or_a_credential():
    for entry in KNOWN.values():
        assert not entry.option.secret
        assert entry.type in {bool, int, float}


async def test_it_is_for_this_machine_and_audited(llm, gateway, client, caplog):
    gate = await gateway(llm)
    body = {"HEADROOM_TARGET_RATIO": "0.3"}
    refused = await client.post(f"{gate.url}/admin/runtime-env", json=body, headers={"host": "evil.example"})
    assert refused.status_code == 404
    assert gate.services.settings.target_ratio is None
    answer = await client.post(f"{gate.url}/admin/runtime-env", json=body)
    assert answer.status_code == 200
    assert gate.services.settings.target_ratio == 0.3
    config = (await client.get(f"{gate.url}/health")).json()["config"]
    assert (config["target_ratio"], config["runtime_env"]) == (
        0.3,
        {"HEADROOM_TARGET_RATIO": "0.3", "HEADROOM_INTERCEPT_READ_MIN_CHARS": None},
    )
    [line] = [r.getMessage() for r in caplog.records if r.name == "headroom.audit" and "200" in r.getMessage()]
    assert "HEADROOM_TARGET_RATIO" in line
    assert "0.3" not in line
