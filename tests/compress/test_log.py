import random
from datetime import UTC, datetime, timedelta

import pytest

from headroom.compress.log import Log
from headroom.compress.rendition import Hints
from tests.compress.line_samples import ASKED, VAGUE, asking, encoded, keeps_the_law, shown, spelled, without_legend

LOG = Log()
WORDS = ("alpha", "beta", "gamma")

CARRIERS = {
    "app": "2026-03-04 10:{m:02d}:{s:02d},123 INFO [worker-{w}] processed job {n} in {t} ms",
    "iso": "2026-03-04T10:{m:02d}:{s:02d}.123Z INFO order-service request handled path=/api/orders/{n} took={t}ms",
    "syslog": "Mar  4 10:{m:02d}:{s:02d} web-{w} sshd[{n}]: Accepted publickey for deploy from 10.0.0.{w} port {n} ssh2",
    "access": '10.0.{w}.7 - - [04/Mar/2026:10:{m:02d}:{s:02d} +0000] "GET /api/items/{n} HTTP/1.1" 200 {t} "-" "curl/8.4"',
    "log4j": "2026-03-04 10:{m:02d}:{s:02d} INFO  com.example.OrderService:{w} - Loaded order {n} from replica {w}",
    "klog": "I0304 10:{m:02d}:{s:02d}.000123    {w} controller.go:117] reconciled pod default/web-{n} in {t}ms",
    "logfmt": 'time=2026-03-04T10:{m:02d}:{s:02d}Z level=info msg="cache hit" key=user:{n} ttl={t}',
    "android": "03-04 10:{m:02d}:{s:02d}.123  1702  239{w} D WindowManager: layout pass {n} finished in {t} us",
}
NEEDLES = {
    "flag": "feature flag checkout_v2 toggled on by deploy-bot",
    "config": "configuration reloaded from /etc/app/override.yaml",
    "leader": "became leader for shard eu-west after election",
    "migration": "applied migration 0042_drop_legacy_index",
    "deploy": "version changed from 4.1.0 to 4.2.0-rc1",
    "limit": "connection pool size set to 5",
    "secret": "rotated credentials of service account billing",
    "drain": "node drained by operator request",
    "clock": "system clock stepped back by 41 seconds",
    "gc": "full collection paused all threads for 9 seconds",
    "error": "ERROR payment gateway answered with an empty body",
    "panic": "panic: index out of range [7] with length 3",
}


def log_of(carrier, lines=900):
    form = CARRIERS[carrier]
    return [form.format(m=n // 60, s=n % 60, w=n % 5, n=10_000 + 7 * n, t=n % 83) for n in range(lines)]


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("needle", NEEDLES)
@pytest.mark.parametrize("place", [3, 451, 880], ids=["early", "middle", "late"])
def test_one_unusual_line_stays(carrier, needle, place):
    lines = log_of(carrier)
    stamp = lines[place][: lines[place].find(":") + 6]
    line = f"{stamp} INFO {NEEDLES[needle]}"
    lines.insert(place, line)
    rendition = keeps_the_law(LOG, "\n".join(lines) + "\n")
    assert line in spelled(rendition).split("\n")
    assert len(shown(rendition)) < 0.2 * len("\n".join(lines))


@pytest.mark.parametrize("carrier", CARRIERS)
def test_kept_and_dropped_lines_add_up_and_kept_ones_are_verbatim(carrier):
    text = "\n".join(log_of(carrier)) + "\n"
    rendition = keeps_the_law(LOG, text)
    dropped = sum(gap.last - gap.first + 1 for gap in rendition.gaps)
    kept = spelled(rendition).rstrip("\n").split("\n")
    assert len(kept) + dropped == 900
    assert set(kept) <= set(text.split("\n"))


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_foreign_line_changes_no_stamp(carrier):
    """A JSON line amid a log once made a router parse clock times as ``file:line:`` rows and drop their zeros."""
    lines = log_of(carrier)
    lines.insert(450, '{"ts": "2026-03-04T10:00:00Z", "level": "info", "n": 1e3, "id": 12345678901234567890}')
    text = "\n".join(lines)
    assert set(spelled(keeps_the_law(LOG, text)).split("\n")) <= set(lines)
    encoded(LOG, text)


def test_all_distinct_errors_stay():
    lines = log_of("app", 1500)
    errors = [
        f"2026-03-04 10:00:00,000 ERROR [worker-1] step {chr(97 + i)}{chr(97 + i)}x broke on {'abcdefgh'[i % 8]}-part"
        for i in range(26)
    ]
    for i, line in enumerate(errors):
        lines.insert(50 * i + 7, line)
    assert set(errors) <= set(spelled(keeps_the_law(LOG, "\n".join(lines))).split("\n"))


def test_errors_of_one_template_are_counted_and_their_ends_stay():
    lines = log_of("app", 600)
    for n in range(200):
        lines.insert(
            3 * n, f"2026-03-04 10:00:00,{n:03d} ERROR [worker-1] upstream 10.0.0.{n % 200} refused request {n}"
        )
    rendition = keeps_the_law(LOG, "\n".join(lines))
    text = shown(rendition)
    assert "200 ERROR" in text
    assert "refused request 0" in spelled(rendition)
    assert "refused request 199" in spelled(rendition)


def test_an_odd_value_of_a_small_set_stays():
    lines = [
        f"2026-03-04 10:00:{n % 60:02d} INFO probe host=web state={'ready' if n % 2 else 'idle'} lag={n}"
        for n in range(800)
    ]
    lines[533] = lines[533].replace("state=ready", "state=fenced_off")
    rendition = keeps_the_law(LOG, "\n".join(lines))
    assert lines[533] in spelled(rendition).split("\n")


@pytest.mark.parametrize(
    ("hosts", "odd"),
    [
        ("red blue blue blue gold gold gold lime lime lime", False),
        ("blue blue blue blue red blue blue blue blue blue", True),
    ],
    ids=["each in a few lines", "one in one line"],
)
def test_values_of_which_few_lines_have_each_are_no_odd_ones(hosts, odd):
    lines = [f"2026-03-04 10:00:{n % 60:02d} INFO loaded part {n}" for n in range(100)]
    jobs = [f"2026-03-04 10:00:{n:02d} INFO job done on host/{host}.example" for n, host in enumerate(hosts.split())]
    for n, job in enumerate(jobs):
        lines.insert(5 + n * 10, job)
    told = spelled(keeps_the_law(LOG, "\n".join(lines))).split("\n")
    assert [job in told for job in jobs[1:-1]] == [odd and "red" in job for job in jobs[1:-1]]


@pytest.mark.parametrize(
    ("query", "all_stay"),
    [
        ("Anything wrong in this mail log? And trace 7C1F09AA21.", False),
        ("Anything wrong in our main mail logs?", False),
        ("Which mail went out last? It is in this log.", True),
    ],
)
def test_what_a_question_calls_the_log_is_not_looked_for_in_it(query, all_stay):
    lines = [f"Jun  1 02:{n // 60:02d}:{n % 60:02d} mx2 postfix/qmgr[812]: {n * 7919:09X}: removed" for n in range(300)]
    for n in range(0, 300, 10):
        lines[n] = lines[n].replace("removed", f"client=mail.example.net[198.51.100.{n % 250}]")
    told = spelled(LOG.lossy("\n".join(lines), asking(query)))
    assert (sum("client=mail" in line for line in told.split("\n")) == 30) is all_stay


@pytest.mark.parametrize(
    ("query", "stay"),
    [
        ("How many requests did bo send? Show the debug log entries.", 0),
        ("Which debug messages are about u3?", 0),
        ("In the access log, who waited longest?", 0),
        ("Which DEBUG lines are there?", 20),
        ('Which lines say "debug"?', 20),
        ("Where does the access fail?", 20),
        ("Are there entries about a trace?", 2),
    ],
)
def test_what_a_question_calls_the_lines_of_a_log_is_not_looked_for_in_it(query, stay):
    lines = [f"Jun  1 02:{n // 60:02d}:{n % 60:02d} web handler[812]: page {n * 7919} sent" for n in range(300)]
    for n in range(0, 300, 15):
        lines[n] = lines[n].replace("page", "debug requests access entries messages log of page")
    for n in (100, 200):
        lines[n] = lines[n].replace("page", "trace of page")
    told = spelled(LOG.lossy("\n".join(lines), asking(query)))
    common = sum("debug requests" in line for line in told.split("\n")[3:-3])
    assert (common <= 2) if stay < 20 else (common >= 15)
    assert "trace of page" in told


def test_negated_words_protect_nothing():
    lines = [
        f"2026-03-04 10:00:{n % 60:02d} INFO sync done, 0 errors, failed: false, error=null, batch {n}"
        for n in range(900)
    ]
    assert len(shown(keeps_the_law(LOG, "\n".join(lines)))) < 0.1 * len("\n".join(lines))


def test_lines_that_are_all_errors_are_not_all_kept():
    lines = [f"2026-03-04 10:00:{n % 60:02d} ERROR disk sd{n % 3} write failed at block {n}" for n in range(900)]
    text = shown(keeps_the_law(LOG, "\n".join(lines)))
    assert "900 ERROR" in text
    assert len(text) < 0.1 * len("\n".join(lines))


def test_every_line_about_an_id_in_the_question_stays():
    lines = log_of("app", 1200)
    about = [17, 400, 401, 977]
    for row in about:
        lines[row] = f"2026-03-04 10:00:00,{row:03d} INFO [worker-2] processed job 5551234 in {row} ms"
    rendition = keeps_the_law(LOG, "\n".join(lines), asking("Trace job 5551234: I need every line about it."))
    assert {lines[row] for row in about} <= set(spelled(rendition).split("\n"))


@pytest.mark.parametrize(
    "query",
    ["What happened to job-7f3a-x2k9?", 'Who logs "job-7f3a-x2k9"?', "What happened to JOB-7F3A-X2K9?"],
)
def test_a_name_in_the_question_is_in_no_mark_of_the_legend(query):
    lines = log_of("app", 900)
    about = range(20, 900, 60)
    of_all = (
        "which it got from any of the other schedulers, brokers and collectors of all regions, zones and racks " * 3
    )
    for row in about:
        lines[row] = (
            f"2026-03-04 10:00:00,{row:03d} INFO [worker-2] message of default/job-7f3a-x2k9/main was sent {of_all}{row}"
        )
    view = shown(LOG.lossy("\n".join(lines), asking(query)))
    assert view.startswith("[~ legend of ")
    assert sum("job-7f3a-x2k9" in line for line in view.split("\n") if not line.startswith("[~ ")) == len(about)
    assert "=" not in "".join(line for line in view.split("\n") if "job-7f3a-x2k9" in line)


@pytest.mark.parametrize(
    ("query", "asked"),
    [("Which job was slow?", ()), ("What is the grace_period?", (31,)), ("Why does it fail to bind?", ())],
)
@pytest.mark.parametrize("blank", ["  ", "\t"])
def test_of_a_long_dump_the_ends_stay_and_what_is_asked_for(query, asked, blank):
    settings = [f"{blank}{chr(97 + n % 26) * 4}: {chr(97 + n // 26) * 40}" for n in range(60)]
    settings[31] = f"{blank}grace_period: 30"
    settings[40] = f"{blank}bind: failed on port 80"
    lines = log_of("app", 300)
    lines[50:50] = ["2026-03-04 10:00:49,123 INFO [worker-0] settings:", *settings]
    kept = spelled(keeps_the_law(LOG, "\n".join(lines), asking(query))).split("\n")
    assert {settings[row] for row in (40, *asked)} <= set(kept)
    assert sum(line in kept for line in settings) < 20
    assert set(settings[:4]) <= set(kept)
    assert settings[-1] in kept


def test_a_short_dump_stays_and_so_does_a_log_of_indented_lines():
    settings = [f"  {chr(97 + n) * 4}: {chr(107 + n) * 40}" for n in range(10)]
    lines = [*log_of("app", 200), *settings, *log_of("app", 100)]
    kept = spelled(keeps_the_law(LOG, "\n".join(lines))).split("\n")
    assert set(settings) <= set(kept)
    indented = [f"  {line}" for line in [*log_of("app", 200), *(f"{chr(97 + n) * 4} happened" for n in range(20))]]
    kept = spelled(keeps_the_law(LOG, "\n".join(indented))).split("\n")
    assert set(indented[-20:]) <= set(kept)


@pytest.mark.parametrize(
    ("failures", "query", "before", "after"),
    [
        (4, "What precedes the crash?", 6, 2),
        (4, "What led up to the failures?", 6, 2),
        (4, "What is wrong?", 2, 2),
        (20, "What is wrong?", 1, 1),
        (20, "What happened before the crash?", 1, 1),
    ],
)
def test_lines_around_rare_failures(failures, query, before, after):
    lines = log_of("app", 900)
    rows = [30 + 40 * n for n in range(failures)]
    for n, row in enumerate(rows):
        lines[row] = f"2026-03-04 10:00:00,000 ERROR [worker-1] step {chr(97 + n) * 4} of {chr(98 + n) * 5} broke"
    kept = set(spelled(keeps_the_law(LOG, "\n".join(lines), asking(query))).split("\n"))
    for row in rows:
        assert [near for near in range(-12, 12) if lines[row + near] in kept] == [*range(-before, after + 1)]


def test_what_failed_stays_with_each_failure_of_postgresql():
    lines = []
    for n in range(400):
        stamp = f"2026-02-03 10:{n // 60:02d}:{n % 60:02d}.{n:03d} UTC [{900 + n}] app@shop"
        lines.append(f"{stamp} LOG:  statement: insert into orders values({n})")
        if n % 40 == 7:
            lines += [
                f'{stamp} ERROR:  duplicate key value violates unique constraint "orders_pkey"',
                f"{stamp} DETAIL:  Key (id)=({n}) already exists.",
                f"{stamp} STATEMENT:  insert into orders values({n})",
            ]
    kept = spelled(keeps_the_law(LOG, "\n".join(lines), asking("What went wrong?"))).split("\n")
    assert {line for line in lines if "LOG:" not in line} <= set(kept)
    assert len(kept) < 60


def access(count, method, path):
    return [
        f'10.0.0.{n % 9} - - [02/Jan/2026:10:{n // 60:02d}:{n % 60:02d} +0000] "{method} {path}/{n}?v={n % 7} HTTP/1.1" 20{n % 2} {n * 37} "-" "agent/1"'
        for n in range(count)
    ]


@pytest.mark.parametrize(
    "query",
    ["was there any DELETE request?", "list the DELETE requests", "who sent DELETE?", "all DELETEs, please"],
)
@pytest.mark.parametrize(("count", "all_stay"), [(13, True), (40, True), (90, False)], ids=["some", "many", "too many"])
def test_every_line_with_what_the_question_names_stays_up_to_a_limit(query, count, all_stay):
    get, delete = access(1500, "GET", "/shop/items"), access(count, "DELETE", "/shop/basket")
    text = "\n".join([line for n in range(1500) for line in (get[n], *delete[n : n + 1])]) + "\n"
    rendition = keeps_the_law(LOG, text, asking(query))
    stay = sum(line in spelled(rendition) for line in delete)
    assert stay == count if all_stay else stay < count
    assert len(shown(rendition)) < 0.1 * len(text)


def test_lines_with_what_the_question_names_are_counted_exactly_where_they_are_too_many():
    get, delete = access(1500, "GET", "/shop/items"), access(90, "DELETE", "/shop/basket")
    text = "\n".join([line for n in range(1500) for line in (get[n], *delete[n : n + 1])]) + "\n"
    view = shown(LOG.lossy(text.replace("/shop/items/700?", "/undelete/700?"), asking("list the DELETE requests")))
    assert "90 DELETE requests: 45 × 200, 45 × 201; from " in view
    assert "lines with" not in shown(LOG.lossy(text, asking("list the GET requests")))


def test_what_most_of_the_lines_asked_for_are_from_is_told():
    lines = [f"Nov 20 06:{n // 60:02d}:{n % 60:02d} web systemd[1]: Started session {n}." for n in range(400)]
    for n in range(0, 400, 2):
        user = ("root", "admin")[n // 2 % 2] if n % 10 else f"invalid user test{n % 3}"
        ip = "198.51.100.7" if n % 20 == 0 else f"203.0.113.{n % 37}"
        lines[n] = (
            f"Nov 20 06:{n // 60:02d}:{n % 60:02d} web sshd[{9000 + n * 7}]: Failed password for {user} from {ip} port {n * 31}"
        )
    view = shown(LOG.lossy("\n".join(lines), asking("Which IP had the most failed password attempts?")))
    assert '200 lines with "failed password"' in view
    assert "most: 20 × 198.51.100.7, " in view
    assert "most: " not in shown(LOG.lossy("\n".join(lines), asking("Which IP had a failed password attempt?")))


@pytest.mark.parametrize("stamp", ["1700000{n:03d}:", "2026-02-03T10:00:00.{n:03d}Z", "[03/Feb/2026:10:00:{n:03d}]"])
def test_lines_asked_for_are_not_told_apart_by_when_they_were_written(stamp):
    lines = [f"{stamp.format(n=n // 100)} client c{n} {('sent', 'got')[n % 2]} message {n}" for n in range(400)]
    lines += [f"{stamp.format(n=n // 60)} publish {('up', 'down')[n % 2]}stream topic t{n}" for n in range(90)]
    view = shown(LOG.lossy("\n".join(lines), asking("Who did publish?")))
    assert '[~ 90 lines with "publish"; 45 × downstream, 45 × upstream]' in view


def test_server_errors_in_an_access_log_stay_and_statuses_are_counted():
    lines = log_of("access")
    for row in (100, 500, 700, 701, 702):
        lines[row] = lines[row].replace('" 200 ', '" 503 ')
    rendition = keeps_the_law(LOG, "\n".join(lines) + "\n", asking("Which requests failed?"))
    text = shown(rendition)
    assert "895 × 200, 5 × 503" in text
    assert "/api/items/10700 " in spelled(rendition)


def test_the_largest_number_is_found_where_the_question_asks_for_it():
    lines = log_of("app")
    lines[321] = lines[321].replace(" ms", "").rsplit(" ", 1)[0] + " 98765 ms"
    rendition = keeps_the_law(LOG, "\n".join(lines), asking("Which job was the slowest?"))
    assert lines[321] in spelled(rendition).split("\n")


@pytest.mark.parametrize("unit", [" ms", "ms", "s", "MB", "kB", "M", "µs"])
@pytest.mark.parametrize("name", ["{n:08}", "{n:x}b7c1f2e"], ids=["figures", "hex"])
def test_the_largest_number_is_found_with_its_unit_and_behind_names_of_figures(unit, name):
    lines = [
        f"May 14 06:{n % 60:02}:01 web-03 worker[20]: resized asset {name.format(n=n * 7919) if n % 9 else 'beefcafe'} in {50 + n * 37 % 311}{unit}"
        for n in range(300)
    ]
    lines[170] = f"May 14 06:50:01 web-03 worker[20]: resized asset beefcafe in 977{unit}"
    kept = without_legend(shown(LOG.lossy("\n".join(lines) + "\n", asking("How long did the slowest resize take?"))))
    assert lines[170] in kept
    assert len(kept) < 4_000


@pytest.mark.parametrize("told", ["'elapsed_time_seconds': {n}.27,", "job done in {n} s", "the crawl took {n}.5 s"])
def test_how_long_each_run_took_stays_where_the_question_is_for_it(told):
    lines = [f"2026-11-22 18:56:{n % 60:02} [core] INFO: fetched page {n} of {WORDS[n % 3]}" for n in range(300)]
    runs = [told.format(n=n) for n in range(41, 47)]
    for place, run in enumerate(runs, 2):
        lines.insert(place * 30, run)
    kept = without_legend(shown(LOG.lossy("\n".join(lines) + "\n", asking("How long did each crawl over alpha run?"))))
    assert all(run in kept for run in runs)


def test_both_sides_of_a_long_pause_stay():
    lines = [
        f"2026-03-04 {10 + (n > 400)}:{n // 60 % 60:02d}:{n % 60:02d} INFO heartbeat {n} sent to the coordinator"
        for n in range(900)
    ]
    kept = spelled(keeps_the_law(LOG, "\n".join(lines))).split("\n")
    assert lines[400] in kept
    assert lines[401] in kept


@pytest.mark.parametrize("form", ["{t}: client c{n} is connected", "[{t}.125] client c{n} is connected"])
def test_both_sides_of_a_long_pause_stay_where_times_are_seconds(form):
    lines = [form.format(t=1_700_000_000 + n + 900 * (n > 400), n=n) for n in range(900)]
    kept = spelled(keeps_the_law(LOG, "\n".join(lines))).split("\n")
    assert lines[400] in kept
    assert lines[401] in kept
    assert len(kept) < 20


def test_without_a_question_every_line_stays():
    lines = [f"2026-03-04 10:00:{n % 60:02d} INFO polling the queue for work" for n in range(400)]
    lines += [f"2026-03-04 10:10:{n % 60:02d} INFO took job {n}" for n in range(60)]
    text = "\n".join(lines)
    assert LOG.lossy(text, VAGUE) is None
    assert len(encoded(LOG, text)) < 0.5 * len(text)


def test_summaries_count_the_whole_log():
    text = shown(keeps_the_law(LOG, "\n".join(log_of("logfmt")) + "\n"))
    assert "[~ 900 lines; 900 info]" in text
    assert "900× " in text


@pytest.mark.parametrize(
    "form",
    [
        "{day:%b %e %H:%M:%S} combo cups: printer {n} went idle",
        "[{day:%a %b %d %H:%M:%S %Y}] [notice] printer {n} went idle",
        "{day:%a, %d %b %Y %H:%M:%S} +0000 printer {n} went idle",
        "ftpd[{n}]: connection from 10.0.0.{n} at {day:%a %b %d %H:%M:%S %Y} went idle",
    ],
    ids=["syslog", "asctime", "mail", "inside a line"],
)
def test_days_and_months_of_stamps_make_no_other_event(form):
    start = datetime(2024, 1, 30, 3, 4, 5, tzinfo=UTC)
    lines = [form.format(day=start + timedelta(hours=7 * n), n=n % 90) for n in range(300)]
    text = shown(keeps_the_law(LOG, "\n".join(lines) + "\n"))
    told = [line for line in text.split("\n") if "× " in line]
    assert len(told) == 1
    assert told[0].startswith("[~ 300× ")
    assert told[0].endswith("went idle]")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (
            "2015-07-29 17:{m:02d}:{s:02d},594 - WARN  [SendWorker:{n}88:Quorum$SendWorker@679] - Interrupted while waiting {n}",
            "WARN … Interrupted while waiting #",
        ),
        (
            "2015-10-18 18:{m:02d}:{s:02d},570 ERROR [RM Allocator {n}] org.firm.rm.Allocator: Lost contact with node-{n}",
            "ERROR … Lost contact with node-#",
        ),
        (
            "17-05-16 00:{m:02d}:{s:02d}.500 2931 INFO nova.imagecache [req-{n} - - - - -] 10.0.0.{n} removed base file {n}",
            "INFO … removed base file #",
        ),
        (
            "24-02-28T21:{m:02d}:{s:02d} INFO {n} --- [ sched-{n}] de.firm.Job : renewed policy {n}",
            "INFO … renewed policy #",
        ),
        ("24-02-28T21:{m:02d}:{s:02d} INFO [web] renewed policy {n}", "INFO [web] renewed policy #"),
        (
            "24-02-28T21:{m:02d}:{s:02d} INFO policy {n} renewed by [clerk {n}] of: agency",
            "INFO policy # renewed by [clerk #] of: agency",
        ),
        ("24-02-28T21:{m:02d}:{s:02d} INFO [never closed {n} policy renewed", "INFO [never closed # policy renewed"),
        ("2026-11-22 12:{m:02d}:{s:02d} UTC [{n}] app@shop LOG:  connection of {n}", "LOG: connection of #"),
        ("Feb 03 2025 04:{m:02d}:{s:02d} fw-2 : %ASA-6-302013: Built connection {n}", "Built connection #"),
    ],
    ids=[
        *("a thread and a class", "words in brackets", "a request and an address", "signs between", "a short name"),
        *("a message with brackets", "no end of brackets", "a zone", "a stamp with its year"),
    ],
)
def test_a_label_says_the_message_and_not_what_logged_it(form, said):
    text = "\n".join(form.format(m=n // 60, s=n % 60, n=n) for n in range(300))
    assert f"[~ 300× {said}]" in shown(keeps_the_law(LOG, text)).split("\n")


def test_a_name_before_few_messages_is_said():
    lines = [f"10:{n // 60:02d}:{n % 60:02d} INFO took job {n}" for n in range(300)]
    lines += [f"10:59:{n:02d} INFO shop.example.org: lookup of {n} failed" for n in range(50)]
    assert "[~ 50× INFO shop.example.org: lookup of # failed]" in shown(keeps_the_law(LOG, "\n".join(lines)))


@pytest.mark.parametrize(
    ("lines", "head"),
    [
        (["10:00 took job {n}", "", "10:01 asked for it"], "450 lines, 300 not empty"),
        (
            ["type=SYSCALL msg=audit({n}.1:7): pid={n}", "type=CWD msg=audit({n}.1:7): cwd={n}"],
            "300 lines; 150 × SYSCALL, 150 × CWD",
        ),
        (["Feb 3 10:00:00 fw : %LINK-3-UPDOWN: Interface {n} is up"], "150 lines; 150 error; 150 × %LINK-3-UPDOWN"),
        (
            ["fw %PM-4-FLAP: flap {n}", "fw %HA-0-DOWN: unit {n}", "fw %ASA-6-3020: built {n}"],
            "450 lines; 150 warning, 150 emergency, 150 info; 150 × %PM-4-FLAP, 150 × %HA-0-DOWN, 150 × %ASA-6-3020",
        ),
        (
            [
                "mx postfix/smtp[1]: A{n}: delay=1, dsn=2.0.0, status=sent (250)",
                "mx smtp[1]: B{n}: dsn=4.4.1, status=deferred (no)",
            ],
            "300 lines; deliveries 150 × sent, 150 × deferred",
        ),
        (["took job {n}", "  raise StockError(7)", "shop.StockError: none of {n}"], "450 lines; 150 × StockError"),
        (["took job {n}", "edge app/<NOSRV> {n}"], "300 lines; 150 × <NOSRV>"),
        (["took job {n} without TypeError2, Errors or MyError()"], "150 lines"),
    ],
    ids=["empty lines", "audit", "Cisco", "Cisco's severities", "Postfix", "an exception", "HAProxy", "none"],
)
def test_the_head_counts_lines_codes_and_failures(lines, head):
    text = "\n".join(line.format(n=n) for n in range(150) for line in lines)
    assert f"[~ {head}]" in shown(keeps_the_law(LOG, text)).split("\n")


def test_warnings_that_are_not_among_the_commonest_messages_are_counted_too():
    words = ("took", "sent", "read", "wrote", "closed", "opened", "packed", "moved")
    lines = [f"10:{n // 60:02d}:{n % 60:02d} INFO {words[n % 8]} a parcel {n} of shelf {n * 7}" for n in range(800)]
    lines[::80] = [f"10:{n:02d}:00 WARN lost parcel {n} behind shelf {n * 7}" for n in range(10)]
    said = encoded(LOG, "\n".join(lines) + "\n").split("\n")
    assert "[~ 10× WARN lost parcel # behind shelf #]" in said
    assert sum("× INFO" in line for line in said) == 6


def test_words_of_a_counted_message_are_not_counted_again():
    lines = [
        f"10:{n // 60:02d}:{n % 60:02d},594 - WARN  [{('Send', 'Receive')[n % 2]}Worker:{n}88:org.firm.Q@679] - Interrupted while waiting for work"
        for n in range(300)
    ]
    told = [line for line in encoded(LOG, "\n".join(lines) + "\n").split("\n") if "300× " in line]
    assert told == ["[~ 300× WARN … Interrupted while waiting for work]"]


def test_requests_are_counted_where_other_lines_stand_between_them():
    lines = [
        f"2025-03-11 00:00:{n % 60:02d} 10.2.0.5 GET /v2/{n} - 443 - 10.2.9.1 okhttp - {(200, 404)[n % 9 == 0]} 0 0 {n}"
        for n in range(300)
    ]
    lines[::75] = ["#Software: Internet Information Services"] * 4
    view = shown(keeps_the_law(LOG, "\n".join(lines)))
    assert "[~ 300 lines; 296 requests; HTTP status " in view


def test_a_label_of_one_plain_word_says_what_stands_before_it():
    lines = [
        f"2024-05-0{1 + n // 99} 10:{n % 60:02d}:11 10.0.0.{n} FA||Url||task[{n * 37}] dealloc" for n in range(300)
    ]
    assert "[~ 300× FA||Url||task[#] dealloc]" in shown(keeps_the_law(LOG, "\n".join(lines) + "\n"))


def test_a_legend_shortens_a_log_without_loss():
    for carrier in CARRIERS:
        text = "\n".join(log_of(carrier)) + "\n"
        assert len(encoded(LOG, text)) < 0.75 * len(text), carrier


def test_a_short_log_is_left_whole():
    assert LOG.lossy("\n".join(log_of("app", 12)), ASKED) is None
    assert LOG.lossless("one line", Hints()) is None


def test_words_shared_by_several_templates_are_counted_where_a_legend_hides_them():
    lines = [
        f"2024-01-01 10:{n // 60:02d}:{n % 60:02d} app-{'red' if n % 3 else 'blue'}.example open through proxy number {n * 7919}"
        for n in range(300)
    ]
    encoded = Log().lossless("\n".join(lines) + "\n", Hints())
    assert encoded is not None
    assert any("300×" in line and "open through proxy" in line for line in encoded.text.split("\n"))


def test_a_shared_phrase_is_told_once_and_up_to_the_end_of_a_word():
    said = "warning: [varargs] Varargs method could cause heap pollution from non-reifiable varargs"
    names = ("alpha", "beta", "gamma", "delta")
    lines = [f"src/main/Part{n}.java:{n}: {said} parameter {names[n % 4]} of {names[n % 3]}" for n in range(300)]
    told = [line for line in encoded(LOG, "\n".join(lines) + "\n").split("\n") if line.startswith("[~ 300×")]
    assert told == ['[~ 300× "warning: [varargs] Varargs method could cause heap pollution from non-reifiable" in all]']


def test_a_count_says_that_another_one_holds_its_lines():
    hosts = [*(f"mac-{n}" for n in range(200)), *["authorMacBook-Pro"] * 100]
    random.Random(3).shuffle(hosts)
    lines = [
        f"Jul  1 09:{n // 60:02d}:{n % 60:02d} {host} kernel[0]: Thunderbolt::waitForOk2Go2Sx - retries = {n * 7}"
        for n, host in enumerate(hosts)
    ]
    told = [line for line in encoded(LOG, "\n".join(lines) + "\n").split("\n") if "×" in line and "in all" not in line]
    assert [line.partition("×")[0] for line in told] == ["[~ 300", "[~ 100"]
    assert [line.endswith("; among the 300]") for line in told] == [False, True]


@pytest.mark.parametrize(("count", "summarised"), [(60, False), (400, True)], ids=["few lines", "many lines"])
def test_only_lines_too_many_to_count_are_summarised_without_loss(count, summarised):
    text = "\n".join(
        f"Dec 10 07:25:{n % 60:02d} host sshd[24{n}]: Failed password for root from 173.51.167.{n % 200} port {n} ssh2"
        for n in range(count)
    )
    assert (f"[~ {count} lines" in encoded(LOG, text)) is summarised


def test_a_summary_tells_the_few_values_of_a_place_with_their_counts():
    lines = [
        f"10:00:{n % 60:02d} web-{n % 3} level=info msg=request path=/v1/{('orders', 'users', 'users')[n % 3]}/{n} ms={n}"
        for n in range(300)
    ]
    assert "300× level=info msg=request path=/v#/<200 × users, 100 × orders>/# ms=#]" in shown(
        keeps_the_law(LOG, "\n".join(lines))
    )


def test_many_values_of_a_place_are_left_open():
    names = [f"lib{a}{b}4" for a in "bghjkmnpqrst" for b in "vwxyz"]
    lines = [f"10:00:{n % 60:02d} status unpacked {names[n % 60]}:amd64 1.{n}-1" for n in range(300)]
    assert "300× status unpacked <*>:amd# #.#-#]" in shown(keeps_the_law(LOG, "\n".join(lines)))


JAVA = [
    "java.time.DateTimeException: Invalid date 'February 29'",
    "\tat java.base/java.time.LocalDate.create(LocalDate.java:461)",
    "\tat java.base/java.time.LocalDate.of(LocalDate.java:273)",
    "\tat de.firm.policy.Renewal.nextDay(Renewal.java:58)",
    *[f"\tat org.springframework.web.Servlet{n}.service(Servlet.java:{n})" for n in range(4)],
    "\t... 41 common frames omitted",
]
PYTHON = [
    "Traceback (most recent call last):",
    *[
        line
        for n in range(5)
        for line in (
            f'  File "/usr/lib/python3/site-packages/web/core.py", line {n}, in call',
            "    return self.next()",
        )
    ],
    '  File "/srv/shop/orders.py", line 58, in call',
    "    return price / count",
    '  File "/usr/lib/python3/site-packages/web/div.py", line 9, in call',
    "    raise Zero",
    '  File "/usr/lib/python3/site-packages/web/div.py", line 19, in call',
    "    raise_for(self)",
    '  File "/usr/lib/python3/site-packages/web/div.py", line 29, in call',
    "    return no(self)",
    "ZeroDivisionError: division by zero",
]
NODE = [
    "TypeError: Cannot read properties of undefined (reading 'id')",
    *[f"    at async /app/node_modules/express/lib/router{n}.js:{n}:5" for n in range(4)],
    "    at async /app/src/orders.js:58:11",
    *[f"    at async /app/node_modules/express/lib/layer{n}.js:{n}:5" for n in range(4)],
]


@pytest.mark.parametrize(
    ("trace", "own"),
    [
        (JAVA, "\tat de.firm.policy.Renewal.nextDay(Renewal.java:58)"),
        (PYTHON, '  File "/srv/shop/orders.py", line 58, in call\n    return price / count'),
        (NODE, "    at async /app/src/orders.js:58:11"),
    ],
    ids=["Java", "Python", "Node"],
)
def test_the_programs_own_frame_stays_of_a_trace_that_comes_again(trace, own):
    lines = [f"10:{n // 60:02d}:{n % 60:02d} INFO GET /policies/{n} 200 {n % 90}ms" for n in range(400)]
    for at in (300, 200, 100, 50, 20):
        lines[at:at] = [f"10:00:{at % 60:02d} ERROR threw exception", *trace]
    view = shown(keeps_the_law(LOG, "\n".join(lines), asking("Why were three policies not renewed?")))
    assert own in view
    assert len(view) < 0.3 * len("\n".join(lines))


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (
            "Mar  4 10:{m:02d}:{s:02d} web sshd[{n}]: Failed password for invalid user {w} from 10.0.0.7 port {n}",
            "Failed password for",
        ),
        (
            "Mar  4 10:{m:02d}:{s:02d} ns dnsmasq[7]: {n} 10.0.0.7/{n} query[{w}] host-{n}.example from 10.0.0.7",
            "query[",
        ),
    ],
    ids=["words", "a word and its bracket"],
)
def test_what_lines_with_different_names_begin_with_is_counted(form, said):
    names = ["root", "oracle", "ftp", "git", "admin", "guest", "backup", "postgres"]
    lines = [form.format(m=n // 60, s=n % 60, w=names[n % 8], n=1000 + 7 * n) for n in range(240)]
    lines += [f"Mar  4 11:{n // 60:02d}:{n % 60:02d} web cron[{n}]: session opened" for n in range(160)]
    text = "\n".join(lines) + "\n"
    assert f'[~ 240× "{said}' in encoded(LOG, text)
    assert text.count(said) == 240


def test_what_few_lines_begin_with_is_not_counted():
    lines = log_of("app")
    lines += [
        f"2026-03-04 11:00:0{n},000 INFO [worker-1] Rotated password of user {name}"
        for n, name in enumerate("abcdefgh")
    ]
    assert '"Rotated password' not in encoded(LOG, "\n".join(lines)).partition("2026-03-04")[0]


LEVELS = {
    "klog": (
        "".join(
            f"I0304 10:0{n // 60}:{n % 60:02d}.000123    1187 scope.go:117] mounted volume {n}\n" for n in range(200)
        )
        + "E0304 10:04:00.000123    1187 pod_workers.go:1301] Error syncing pod\n"
        + "E0304 10:04:01.000123    1187 eviction.go:258] no summary of node worker-7\n"
        + "W0304 10:04:02.000123    1187 prober.go:115] Readiness: Error in the answer\n",
        "[~ 203 lines; 200 I, 2 E, 1 W]",
    ),
    "W3C": (
        "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n"
        + "".join(
            f"2025-03-11 00:00:{n:02d} 10.0.0.5 GET /track/{n} - 443 - 10.2.0.7 curl 200 0 0 {n}\n" for n in range(40)
        ),
        "[~ 42 lines; HTTP status 40 × 200]",
    ),
    "MongoDB": (
        "".join(
            f'{{"t":{{"$date":"2026-04-02T08:{n // 60:02d}:{n % 60:02d}.067+02:00"}},"s":"{"IIIIWD2EF"[n % 8 : n % 8 + 1]}",'
            f'  "c":"NETWORK","id":{n},"msg":"mounted volume {n}"}}\n'
            for n in range(160)
        ),
        "[~ 160 lines; 80 I, 20 W, 20 D, 20 E]",
    ),
    "syslog": (
        "".join(f"Jun  1 00:00:{n % 60:02d} mx2 postfix/smtpd[81{n}]: mounted volume {n}\n" for n in range(200))
        + "Jun  1 00:04:01 mx2 postfix/master[790]: fatal: bind 0.0.0.0 port 25: Address already in use\n"
        + "Jun  1 00:04:02 mx2 postfix/smtpd[791]: warning: hostname of volume 7 does not resolve\n",
        "[~ 202 lines; 1 fatal, 1 warning]",
    ),
}
KEYED_LEVELS = {
    "level=": "logger=shop.{n} endpoint=/rest/v2/queryData pluginId=volumes dsName=depot-{n} uname=kai-{n} t=08:00:00.{n} level={level} msg=ok",
    "a word like a level before it": 'outcome=error id={n} lvl={level} msg="mounted volume {n}"',
    "JSON": '{{"service":"warehouse","environment":"production","host":"shelf-{n}.depot.example.org","ts":{n}.5,"volume":{n},"level":"{level}"}}',
    "JSON with blanks": '{{"message": "mounted volume {n} of the depot\'s shelves, as asked for by the clerk with the number {n}", "severity": "{level}"}}',
    "a key in capitals": '{{"@timestamp":"2026-01-01T00:00:00.{n}Z","MessageTemplate":"mounted volume {n} of the depot\'s many shelves","Level":"{level}"}}',
}


@pytest.mark.parametrize(("text", "head"), LEVELS.values(), ids=LEVELS)
def test_levels_are_those_that_the_logger_writes(text, head):
    view = without_legend(shown(LOG.lossy(text, asking("mounted volume 7, or a call of /track/7"))))
    assert view.split("\n")[0] == head


@pytest.mark.parametrize("form", KEYED_LEVELS.values(), ids=KEYED_LEVELS)
def test_a_level_behind_its_key_is_found_wherever_it_stands(form):
    lines = [form.format(n=n, level="warn" if n % 10 == 0 else "info") for n in range(400)]
    assert "[~ 400 lines; 360 info, 40 warn]" in encoded(LOG, "\n".join(lines)).split("\n")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "took shelf {n}, which the clerk had asked for in the north wing of the depot at noon, with compression_level=warn",
            "[~ 400 lines]",
        ),
        (
            "took shelf {n}, which the clerk had asked for in the north wing of the depot at noon, with level=warn-free",
            "[~ 400 lines]",
        ),
        ("[INFO] took shelf {n} level=warn", "[~ 400 lines; 400 INFO]"),
    ],
    ids=["another key", "another word", "behind the level"],
)
def test_what_is_no_key_of_a_level_counts_as_none(line, said):
    text = "\n".join(f"10:00:{n % 60:02d} {line.format(n=n)}" for n in range(400))
    assert said in shown(keeps_the_law(LOG, text)).split("\n")


def test_a_code_begins_the_label_of_its_message():
    ports = [
        "LINK-3-UPDOWN: Interface Gi1/0/{n}, changed state to up",
        "LINEPROTO-5-UPDOWN: Line protocol on Interface Gi1/0/{n}, changed state to up",
    ]
    logins = [
        "SEC_LOGIN-5-OK: Login Success [user: ops] at 04:06:{s:02d} UTC Fri Jan 09 2026",
        "SEC_LOGIN-5-OK: Login Success [user: ops] at 04:06:{s:02d} UTC Sat Jan 10 2026",
    ]
    forms = [*ports, *logins]
    lines = [
        f"<189>{n}: sw-{n % 3}: Jan 9 04:02:{n % 60:02d}.190: %{forms[n % 4].format(n=n, s=n % 60)}" for n in range(400)
    ]
    said = [line for line in encoded(LOG, "\n".join(lines)).split("\n") if "× %" in line][1:]
    assert said[0].startswith("[~ 200× %SEC_LOGIN-#-OK: Login Success [user: ops] at #:#:# UTC <100 × ")
    assert said[1:] == [
        "[~ 100× %LINK-3-UPDOWN: Interface Gi1/0/#, changed state to up]",
        "[~ 100× %LINEPROTO-5-UPDOWN: Line protocol on Interface Gi1/0/#, changed state to up]",
    ]


MONGO = '{{"t":{{"$date":"2026-04-02T08:00:{n:02d}.067Z"}},"s":"I","c":"{c}","id":{n},"ctx":"conn{n}","msg":{message}}}'
KEYED_MESSAGES = {
    "JSON": (
        [
            MONGO.replace("{message}", '"Connection accepted","attr":{{"open":{n}}}'),
            MONGO.replace("{message}", '"Connection ended","attr":{{"open":{n}}}'),
            MONGO.replace("{message}", '"Slow query","attr":{{"plan":"IXSCAN {{ status: 1 }}","ms":{n}}}'),
            MONGO.replace("{message}", '"Slow query","attr":{{"plan":"COLLSCAN","ms":{n}}}'),
        ],
        [
            '100× "s":"I", … "msg":"Connection accepted", "attr":{"open":#}}',
            '100× "s":"I", … "msg":"Connection ended", "attr":{"open":#}}',
            '100× "s":"I", … "msg":"Slow query", "attr":{"plan":"IXSCAN { status: # }", "ms":#}}',
            '100× "s":"I", … "msg":"Slow query", "attr":{"plan":"COLLSCAN", "ms":#}}',
        ],
    ),
    "JSON without a level": (
        ['{{"at":{n},"message":"took shelf {n}"}}', '{{"at":{n},"message":"left shelf {n}"}}'],
        ['100× "message":"took shelf #"}', '100× "message":"left shelf #"}'],
    ),
    "JSON that begins with the message": (
        ['{{"message": "took shelf {n}", "level": "info"}}', '{{"message": "left shelf {n}", "level": "info"}}'],
        ['100× {"message": "took shelf #", "level": "info"}', '100× {"message": "left shelf #", "level": "info"}'],
    ),
    "logfmt": (
        [f'logger=shop.web uname={name} t=08:{{n}} level=info msg="took shelf" id={{n}}' for name in ("kai", "mona")]
        + ['logger=shop.jobs endpoint=query t=08:{n} level=warn id={n} msg="left shelf"'],
        ['200× level=info msg="took shelf" id=#', '100× level=warn … msg="left shelf"'],
    ),
}


@pytest.mark.parametrize(("forms", "said"), KEYED_MESSAGES.values(), ids=KEYED_MESSAGES)
def test_a_label_says_the_message_behind_its_key_and_each_line_counts_once(forms, said):
    lines = [form.format(n=n % 60, c=("NETWORK", "COMMAND")[n % 2]) for n in range(100) for form in forms]
    told = [line for line in shown(keeps_the_law(LOG, "\n".join(lines))).split("\n") if "× " in line]
    assert [line.removeprefix("[~ ").removesuffix("]") for line in told] == said


def test_the_last_line_of_a_message_stays_where_it_stopped_coming_and_not_where_the_log_ends():
    lines = []
    for n in range(900):
        lines.append(f"10:{n // 60:02d}:{n % 60:02d} INFO took parcel {n} of clerk-{n * 7919 % 1000}")
        if n < 500:
            lines.append(f"10:{n // 60:02d}:{n % 60:02d} INFO heartbeat {n} of shelf-{n * 7919 % 1000}")
        if n % 9 == 0:
            lines.append(f"10:{n // 60:02d}:{n % 60:02d} INFO swept floor {n} of wing-{n * 7919 % 1000}")
    said = shown(keeps_the_law(LOG, "\n".join(lines)))
    assert [f"heartbeat {n} of" in said for n in (0, 250, 499)] == [True, False, True]
    assert [f"swept floor {n} of" in said for n in (0, 891)] == [True, False]


def test_beside_a_name_that_a_log_holds_a_word_on_many_lines_is_not_looked_for():
    names = [f"lib{word}{n}" for n in range(6) for word in ("cart", "mail", "order", "price", "stock")]
    lines = [
        f"2026-02-03 10:{n:02d}:{second:02d} status {state} {name}:amd64 1.{n}.4-2+deb12u{n % 3}"
        for n, name in enumerate(names)
        for second, state in enumerate(("unpacked", "half-configured", "installed"))
    ]
    text = "\n".join(lines) + "\n"
    found = LOG.lossy(text, asking("When was libmail1 installed, and in which version?"))
    assert found is not None
    view = spelled(found)
    assert all(line in view for line in lines if " libmail1:" in line)
    assert sum(line in view for line in lines) < 0.3 * len(lines)


@pytest.mark.parametrize(
    ("task", "count"),
    [
        ("Which tracked files have I changed, and is anything untracked outside of build?", 2),
        ("Which address was changed by the lease renewer?", 12),
    ],
    ids=["of other outputs", "of this log"],
)
def test_words_of_a_task_about_other_outputs_are_not_looked_for(task, count):
    lines = log_of("iso", 60)
    for n in range(12):
        lines[4 * n + 5] = (
            f"2026-03-04T10:00:{4 * n + 5:02d}.123Z WARN lease renewer: address changed, new port {40_000 + n}"
        )
    question = "Anything wrong in this log? And trace `order-77`: I need every line about it."
    found = LOG.lossy("\n".join(lines) + "\n", asking(f"{task}\n{question}"))
    assert spelled(found).count("address changed, new port 4") == count
