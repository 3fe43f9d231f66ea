"""One thread that writes to SQLite what waits for it: short group commits, and waits that end.

Whatever waits in the queue when the thread comes round is committed together, so a busy proxy pays for one commit where
many calls asked for one, and an idle one adds no delay.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import cast

from headroom.errors import StoreError
from headroom.store.hindrance import Hindrance
from headroom.store.sqlite_file import is_locked
from headroom.store.write_queue import Call, Job, State, WriteQueue

LINGER = 0.05
"""Seconds for which statistics wait for company before they get a commit of their own."""

PROBE = 0.05
"""Seconds between looks at a lock that another process holds while nobody waits for it."""

Explain = Callable[[sqlite3.Error], StoreError]


class Writer:
    """Runs jobs on the one writing connection, in order, each in a savepoint of a shared transaction."""

    def __init__(self, connection: sqlite3.Connection, explain: Explain) -> None:
        self._connection = connection
        self._explain = explain
        self._queue = WriteQueue()
        self._closing = False
        self._changed = threading.Condition()
        self._hindrance = Hindrance()
        self._failed: StoreError | None = None
        """The fault of the last transaction: a full disk, say."""
        self._fault: StoreError | None = None
        """The fault of a job in this one."""
        self._gone: StoreError | None = None
        """The file is no longer at its path."""
        self._renewal: Callable[[sqlite3.Connection], sqlite3.Connection] | None = None
        self._thread = threading.Thread(target=self._run, name="headroom-store-writer", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Statistics dropped because the database could not keep up."""
        return self._queue.dropped

    @property
    def trouble(self) -> str | None:
        """What keeps it from writing just now."""
        with self._changed:
            error = self._hindrance.error or self._gone or self._failed
            return str(error) if error is not None else None

    def call[T](self, job: Job[T], *, wait: float, bears: float = float("inf"), grace: float = 0.0) -> T:
        """Run a job and return its result once it is committed. Raises ``StoreError``.

        A job that has not begun after ``wait`` seconds never runs. One that has begun gets as long again; after that
        whether it is written is not known. ``bears``: how long another process's lock may have been in the way, for
        this call and those before it together; after ``grace`` seconds the call is given up then.
        """
        call = Call(job, bears, time.monotonic() + grace)
        with self._changed:
            if self._closing:
                raise StoreError("the state store is closed")
            in_the_way = self._hindrance.error
            if in_the_way is not None and not grace and self._hindrance.lost(time.monotonic()) >= bears:
                raise StoreError(str(in_the_way))
            self._queue.call(cast("Call[object]", call))
            self._changed.notify_all()
        if not call.ready.acquire(timeout=wait):
            with self._changed:
                if call.state is State.WAITING:
                    call.state = State.GIVEN_UP
            if call.state is State.GIVEN_UP:
                raise StoreError(
                    f"the state store did not get to write within {wait:g} s: another process has it locked, "
                    f"or its disk is too slow"
                )
            if not call.ready.acquire(timeout=wait):
                raise StoreError(f"the state store's disk took more than {2 * wait:g} s for one write")
        if call.error is not None:
            raise call.error
        return cast("T", call.result)

    def post(self, job: Job[object], size: int) -> None:
        """Run a job soon, nobody waiting. When too much waits the oldest such jobs are dropped, and counted."""
        with self._changed:
            if self._closing:
                return
            self._queue.post(job, size)
            self._changed.notify_all()

    def flush(self, *, wait: float, bears: float) -> bool:
        """Wait until everything posted so far is written; whether it was."""
        with self._changed:
            goal = self._queue.posted
        with contextlib.suppress(StoreError):
            self.call(_nothing, wait=wait, bears=bears)  # a call wakes the writer at once, and takes the posts along
        with self._changed:
            return self._queue.settled >= goal

    def renew(self, why: StoreError, make: Callable[[sqlite3.Connection], sqlite3.Connection]) -> None:
        """Go over to another connection, which ``make`` makes from the old one; until then ``why`` is the trouble."""
        with self._changed:
            self._gone, self._renewal = self._gone or why, make
            self._changed.notify_all()

    def close(self, *, wait: float) -> None:
        """Write what waits, stop the thread and close the connection; safe to call twice."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout=wait)

    # -- the thread ------------------------------------------------------------------------------------------------
    def _run(self) -> None:
        try:
            self._serve()
        finally:  # whatever ends the thread, nobody is left waiting for it
            with self._changed:
                self._closing = True
            self._refuse_all()
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()

    def _serve(self) -> None:
        give_up = float("inf")
        queue = self._queue
        while True:
            with self._changed:
                pause = PROBE if self._hindrance.there else None
                self._changed.wait_for(
                    lambda: queue.calls or queue.posts or self._closing or self._renewal, timeout=pause
                )
                renewal, self._renewal = self._renewal, None
                if queue.posts and not queue.calls and not self._closing:
                    self._changed.wait_for(lambda: queue.calls or self._closing, timeout=LINGER)
                if self._closing:
                    give_up = min(give_up, time.monotonic() + 1.0)
                    if (not queue.calls and not queue.posts) or time.monotonic() >= give_up:
                        return
            if renewal is not None:
                self._go_over(renewal)
            self._commit_some()

    def _go_over(self, renewal: Callable[[sqlite3.Connection], sqlite3.Connection]) -> None:
        with self._changed:
            # It may take long: who comes meanwhile need not wait for it.
            self._hindrance.gone(self._gone, time.monotonic())
        try:
            fresh = renewal(self._connection)
        except (OSError, sqlite3.Error, StoreError) as error:
            said = str(self._gone).partition("; it could not be written anew")[0]
            self._gone = StoreError(f"{said}; it could not be written anew: {error}")
        else:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection, self._gone = fresh, None

    def _commit_some(self) -> None:
        """One transaction: wait for the lock in short steps, so that calls nobody waits for any more fall out."""
        began = time.monotonic()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            self._not_begun(error, began)
            return
        with self._changed:
            self._hindrance.ends(time.monotonic())
            calls, posts = self._queue.take()
        self._fault = None
        try:
            self._run_posts(posts)
            for call in calls:
                call.error, call.result = self._guarded(call.job)
            self._connection.execute("COMMIT")
            if calls or posts:
                self._failed = self._fault
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            failure = self._failed = self._explain(error)
            for call in calls:
                call.error = failure
        with self._changed:
            self._queue.settled += len(posts)
        for call in calls:
            call.state = State.DONE
            call.ready.release()

    def _run_posts(self, posts: list[Job[object]]) -> None:
        """All in one savepoint, as nearly always all work; when one fails, each again in its own."""

        def every(connection: sqlite3.Connection) -> None:
            for job in posts:
                job(connection)

        if posts and self._guarded(every)[0] is not None:
            for job in posts:
                self._guarded(job)

    def _guarded(self, job: Job[object]) -> tuple[Exception | None, object]:
        """Run a job in a savepoint: its failure undoes its own writes only."""
        self._connection.execute("SAVEPOINT job")
        try:
            result = job(self._connection)
        except sqlite3.Error as error:
            if not self._connection.in_transaction:
                raise  # the fault ended the transaction: every job in it failed
            self._undo()
            self._fault = self._explain(error)
            return self._fault, None
        except Exception as error:
            self._undo()
            return error, None
        self._connection.execute("RELEASE job")
        return None, result

    def _undo(self) -> None:
        self._connection.execute("ROLLBACK TO job")
        self._connection.execute("RELEASE job")

    def _not_begun(self, error: sqlite3.Error, began: float) -> None:
        """No transaction could be begun: keep what waits when the lock was in the way, else fail it."""
        if not is_locked(error):
            self._failed = self._explain(error)
            self._refuse_all(self._failed)
            time.sleep(0.005)
            return
        with self._changed:
            if not self._hindrance.there:
                self._hindrance.begins(self._explain(error), began)
            now = time.monotonic()
            late = self._queue.take_late(self._hindrance.lost(now), now)
            in_the_way = str(self._hindrance.error)
        for call in late:
            call.error = StoreError(in_the_way)
            call.ready.release()
        time.sleep(0.005)

    def _refuse_all(self, error: StoreError | None = None) -> None:
        with self._changed:
            calls = self._queue.clear()
        for call in calls:
            call.error = error or StoreError("the state store is closed")
            call.ready.release()


def _nothing(_connection: sqlite3.Connection) -> None:
    """Write nothing."""
