"""Handlers over books of their own, asked as the router asks them."""

import inspect
import json
from collections.abc import Mapping

from headroom.accounts.accounts import Accounts
from headroom.accounts.pricing import Prices
from headroom.accounts.savings_file import Keeper
from headroom.control.history import StatsHistory
from headroom.control.http import ControlReply, ControlRequest, Router
from headroom.control.stats import Figures
from headroom.settings import Settings
from tests.accounts.exchanges import WALL


class House:
    """Accounts, their views, and a clock that the test sets."""

    def __init__(self, settings: Settings | None = None, keeper: Keeper | None = None) -> None:
        self.now = WALL
        self.tick = 0.0
        self.accounts = Accounts(
            settings or Settings(), Prices(), keeper=keeper or Keeper(None, wall=self.wall), wall=self.wall
        )
        self.figures = Figures(self.accounts, self.wall, lambda: self.tick)
        self.router = Router((*self.figures.routes(), *StatsHistory(self.accounts.keeper, self.wall).routes()))

    def wall(self) -> float:
        return self.now

    def book(self, exchange, at: float | None = None) -> None:
        self.now = exchange.wall if at is None else at
        self.accounts.finished(exchange)

    async def reply(self, path: str, *, method: str = "GET", local: bool = True, **query: str) -> ControlReply:
        return await self.router.dispatch(ControlRequest(method, path, query, peer_loopback=local, peer="127.0.0.1"))

    async def get(self, path: str, *, local: bool = True, **query: str) -> Mapping:
        answer = await self.reply(path, local=local, **query)
        assert not inspect.isasyncgen(answer.body)
        return json.loads(answer.body)
