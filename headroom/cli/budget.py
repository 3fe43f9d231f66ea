"""``headroom budget``: what is spent in the period, and corrections by the operator. Works with the proxy down."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import click

from headroom.errors import SettingsError, StoreError
from headroom.option import parse_value
from headroom.policy.budget import Budget, BudgetStatus, iso, money, span
from headroom.policy.periods import ROLLING_SECONDS, Period, window
from headroom.precedence import resolve
from headroom.settings import BY_NAME, Settings
from headroom.store.open import open_store
from headroom.store.protocol import Store

_MINUTE = 60.0


@click.command(short_help="Show or correct what is spent of the budget.")
@click.option("--store", help="The proxy's --store, where HEADROOM_STORE does not name it.")
@click.option("--budget", "cap", help="The proxy's --budget, where HEADROOM_BUDGET does not name it.")
@click.option("--budget-period", "period", help="The proxy's --budget-period: hourly, daily or monthly.")
@click.option("--set-spent", type=click.FloatRange(min=0), metavar="USD", help="Correct what is spent in this period.")
@click.option("--reset", is_flag=True, help="The same as --set-spent 0.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def budget(
    store: str | None, cap: str | None, period: str | None, set_spent: float | None, reset: bool, yes: bool
) -> int:
    """Show what is spent and held in the current period; correct it with --set-spent or --reset.

    Reads the state store itself, so it works while the proxy is down. A running proxy sees a correction at once.
    """
    settings = _settings(store, cap, period)
    if reset and set_spent is not None:
        raise click.UsageError("--reset is --set-spent 0; give one of them")
    target = 0.0 if reset else set_spent
    try:
        opened = _open(settings)
        try:
            return _run(opened, settings, target, yes=yes)
        finally:
            opened.close()
    except (StoreError, SettingsError) as error:
        raise click.ClickException(str(error)) from None


def _settings(store: str | None, cap: str | None, period: str | None) -> Settings:
    given = {"store": store, "budget": cap, "budget_period": period}
    values = {}
    for name, text in given.items():
        if text is None:
            continue
        try:
            values[name] = parse_value(BY_NAME[name], text)
        except ValueError as error:
            raise click.UsageError(f"{BY_NAME[name].option.flag}: {error}") from None
    try:
        return resolve(values, os.environ).settings
    except SettingsError as error:
        raise click.UsageError(str(error)) from None


def _open(settings: Settings) -> Store:
    if settings.stateless or settings.store == "memory":
        raise SettingsError(
            "spending is kept in the proxy's memory only (--stateless or --store memory): "
            "see GET /stats of the running proxy; it is forgotten when the proxy stops"
        )
    store, warnings = open_store(settings.store, workspace=settings.workspace, now=time.time)
    if store.name == "memory":
        store.close()
        raise StoreError(warnings[0].partition("; serving from memory")[0])
    for warning in warnings:
        click.echo(f"Warning: {warning}", err=True)
    return store


def _run(store: Store, settings: Settings, target: float | None, *, yes: bool) -> int:
    period = Period(settings.budget_period)
    books = Budget(store, limit_usd=settings.budget, period=period)
    status = books.status(now=time.time())
    if target is None:
        click.echo("\n".join(lines(status, time.time())))
        return 0
    click.echo(f"spent this {period.noun}: {money(status.spent_usd)}; to be set to {money(target)}")
    if not yes and not click.confirm("Change the books?"):
        click.echo("nothing was changed")
        return 1
    set_spent(store, period, target, now=time.time())
    click.echo("\n".join(lines(books.status(now=time.time()), time.time())))
    return 0


def lines(status: BudgetStatus, now: float) -> list[str]:
    """The state of a period, for people."""
    rows = [
        ("period", status.period.value),
        ("limit", "none" if status.limit_usd is None else money(status.limit_usd)),
        ("spent", money(status.spent_usd)),
        ("held", f"{money(status.held_usd)} for calls in flight"),
    ]
    if status.remaining_usd is not None:
        rows.append(("left", money(status.remaining_usd)))
    if status.resets_at is None:
        rows.append(("resets", "as spending leaves the rolling hour"))
    else:
        rows.append(("resets", f"{iso(status.resets_at)} (in {span(int(status.resets_at - now))})"))
    return [f"{name:<8}{text}" for name, text in rows]


def set_spent(store: Store, period: Period, target: float, *, now: float) -> None:
    """Make the spending of the current period ``target`` dollars. Raises ``StoreError``.

    In the rolling hour each minute is corrected where it lies. One sum booked now would outlast what it makes up for,
    and allow the same money a second time.
    """
    since = window(period, now).since
    if period is not Period.HOURLY:
        store.correct(target - store.spent(since=since), now=now)
        return
    rest = store.spent(since=since) - target
    if rest < 0:
        store.correct(-rest, now=now)
        return
    for minute, amount in _minutes(lambda at: store.spent(since=at), now):
        if rest <= 0:
            return
        taken = min(amount, rest)
        store.correct(-taken, now=minute)
        rest -= taken


def _minutes(spent: Callable[[float], float], now: float) -> list[tuple[float, float]]:
    """The minutes of the rolling hour in which something was spent, oldest first, and how much."""
    first = (now - ROLLING_SECONDS) // _MINUTE * _MINUTE
    starts = [first + _MINUTE * i for i in range(int(ROLLING_SECONDS // _MINUTE) + 2)]
    sums = [spent(start) for start in starts]
    found = [(start, before - after) for start, before, after in zip(starts, sums, [*sums[1:], 0.0], strict=True)]
    return [(start, amount) for start, amount in found if amount > 0]
