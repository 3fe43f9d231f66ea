"""Several workers, one view: lists are merged, and items found wherever they are kept."""

import asyncio
import json

import pytest

from headroom.control.http import ControlRequest, Route, Router, json_reply
from headroom.control.siblings import Siblings


class Worker:
    """Keeps the requests that it is told; serves its sockets like the real one."""

    def __init__(self, folder, name, rows):
        self.rows = rows
        self.siblings = Siblings(folder, name)
        routes = (Route("GET", "/requests", self.requests), Route("GET", "/requests/{id}", self.request))
        self.router = Router(self.siblings.routes(routes[0], routes[1:]))
        self.path = folder / f"{name}.sock"
        self.task = None

    def requests(self, request):
        limit = int(request.query.get("limit", "50"))
        if not 1 <= limit <= 200:
            return json_reply({"detail": "limit"}, 422)
        newest = sorted(self.rows, key=lambda row: row["timestamp"], reverse=True)[:limit]
        minute = {"requests": len(self.rows), "tokens": 10 * len(self.rows)}
        return json_reply({"requests": newest, "total": len(self.rows), "last_minute": minute})

    def request(self, request):
        found = [row for row in self.rows if row["request_id"] == request.params["id"]]
        return json_reply(found[0]) if found else json_reply({"detail": "no longer kept"}, 404)

    async def start(self):
        self.task = asyncio.create_task(self.siblings.serve())
        for _ in range(6000):
            if self.path.exists():
                return
            await asyncio.sleep(0.005)
        raise AssertionError("the socket did not come")

    async def stop(self):
        self.task.cancel()
        await asyncio.wait({self.task})

    async def get(self, path, **query):
        reply = await self.router.dispatch(ControlRequest("GET", path, query))
        return reply.status, json.loads(reply.body)


def row(number):
    return {"request_id": f"hr_{number}", "timestamp": f"2026-11-21T10:00:{number:02}Z"}


@pytest.fixture
async def workers(tmp_path):
    folder = tmp_path / "s"
    folder.mkdir()
    made = [Worker(folder, str(n), [row(i) for i in range(n, 12, 3)]) for n in range(3)]
    for worker in made:
        await worker.start()
    yield made
    for worker in made:
        await worker.stop()
    assert not folder.exists()  # the last one to leave takes it along


async def test_whoever_is_asked_lists_the_requests_of_all(workers):
    for worker in workers:
        status, view = await worker.get("/requests")
        assert status == 200
        assert [one["request_id"] for one in view["requests"]] == [f"hr_{n}" for n in range(11, -1, -1)]
        assert (view["total"], view["last_minute"]) == (12, {"requests": 12, "tokens": 120})
        _, newest = await worker.get("/requests", limit="5")
        assert [one["request_id"] for one in newest["requests"]] == [f"hr_{n}" for n in (11, 10, 9, 8, 7)]


async def test_an_item_is_found_wherever_it_is_kept(workers):
    for worker in workers:
        for number in range(12):
            assert await worker.get(f"/requests/hr_{number}") == (200, row(number))
        assert (await worker.get("/requests/hr_99"))[0] == 404


async def test_a_bad_question_is_refused_by_the_one_who_is_asked(workers):
    assert (await workers[0].get("/requests", limit="0"))[0] == 422


async def test_workers_that_are_away_are_left_out(workers):
    await workers[1].stop()
    (workers[0].path.parent / "7.sock").write_bytes(b"")  # left by a worker that was killed
    _, view = await workers[0].get("/requests")
    assert view["total"] == 8
    await workers[1].start()
    _, view = await workers[0].get("/requests")
    assert view["total"] == 12
    (workers[0].path.parent / "7.sock").unlink()


@pytest.mark.parametrize("said", [b"", b"{}\n", b"no json\n", b"x" * 100_000, b'{"path": "/nosuch", "query": {}}\n'])
async def test_nonsense_on_the_socket_harms_nobody(workers, said, caplog):
    reader, writer = await asyncio.open_unix_connection(workers[0].path)
    try:
        writer.write(said)
        writer.write_eof()
        await asyncio.wait_for(reader.read(), 60)
    except (ConnectionError, OSError):
        pass
    finally:
        writer.close()
    assert (await workers[1].get("/requests"))[1]["total"] == 12
    assert [record for record in caplog.records if record.name == "asyncio"] == []
