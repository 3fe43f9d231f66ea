"""What leaves the machine, to whom, and what does not."""

import base64
import builtins
import json
import logging
import threading

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from headroom.accounts.accounts import Accounts
from headroom.accounts.langfuse import Langfuse
from headroom.accounts.otel import OtelMetrics
from headroom.accounts.pricing import Prices
from headroom.accounts.telemetry import Telemetry, wanted
from headroom.exchange import Outcome, Usage, Verdict
from headroom.gateway.exporters import attach
from headroom.precedence import resolve
from headroom.settings import Settings
from tests.accounts.exchanges import WALL, exchange

KEY = "sk-ant-canary-0123456789abcdef"


def accounts(settings: Settings | None = None) -> Accounts:
    return Accounts(settings or Settings(), Prices())


def metrics_of(body: bytes):
    """Metric name → (sum of values, all attribute tables)."""
    request = ExportMetricsServiceRequest.FromString(body)
    found = {}
    for resource in request.resource_metrics:
        attributes = {a.key: a.value.string_value for a in resource.resource.attributes}
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                data = metric.sum if metric.HasField("sum") else metric.histogram
                points = list(data.data_points)
                total = sum(p.as_int + p.as_double if metric.HasField("sum") else p.count for p in points)
                found[metric.name] = (
                    total,
                    [{a.key: a.value.string_value or a.value.bool_value for a in p.attributes} for p in points],
                    attributes,
                )
    return found


def test_a_collector_gets_the_figures_of_the_books(collector):
    environ = {
        "HEADROOM_OTEL_METRICS_ENABLED": "1",
        "HEADROOM_OTEL_METRICS_ENDPOINT": f"{collector.url}/v1/metrics",
        "HEADROOM_OTEL_SERVICE_NAME": "mine",
        "HEADROOM_OTEL_METRICS_HEADERS": "x-tenant=blue",
        "HEADROOM_OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=test",
        "HEADROOM_OTEL_METRICS_EXPORT_INTERVAL_MS": "600000",
    }
    settings = resolve({}, environ).settings
    made = OtelMetrics(settings)
    books = accounts(settings)
    books.sinks.append(made.take)
    books.finished(exchange(1, usage=Usage(input=100, cache_read=2_000, cache_write_5m=300, output=50)))
    books.finished(exchange(2, outcome=Outcome.FAILED, status=502, usage=None))
    books.finished(exchange(3, outcome=Outcome.CACHED, cache_hit=True, usage=None))
    made.flush()
    path, headers, body = collector.got[-1]
    assert path == "/v1/metrics"
    assert headers["x-tenant"] == "blue"
    assert headers["content-type"] == "application/x-protobuf"
    found = metrics_of(body)
    assert found["headroom.proxy.requests"][0] == 3
    assert found["headroom.proxy.requests.failed"][0] == 1
    assert found["headroom.proxy.requests.cached"][0] == 1
    assert found["headroom.proxy.tokens.saved"][0] == books.stats.all.saved == 6_000
    assert found["headroom.proxy.tokens.input"][0] == books.stats.all.after
    assert found["headroom.proxy.cache.read_tokens"][0] == 2_000
    assert found["headroom.proxy.cost.usd"][0] == pytest.approx(books.stats.all.cost)
    assert found["headroom.proxy.request.duration"][0] == 3
    assert found["headroom.proxy.requests"][1][0]["provider"] == "anthropic"
    assert found["headroom.proxy.requests"][2]["service.name"] == "mine"
    assert found["headroom.proxy.requests"][2]["deployment.environment"] == "test"
    assert made.shown()["exports"] == 1
    made.close()


@pytest.mark.parametrize("kind", ["refusing", "absent"])
def test_a_collector_that_does_not_work_is_counted_and_costs_nothing(collector, kind, caplog):
    collector.status = 400
    url = collector.url if kind == "refusing" else "http://127.0.0.1:1"
    made = OtelMetrics(Settings(otel_metrics=True, otel_endpoint=f"{url}/v1/metrics"))
    books = accounts()
    books.sinks.append(made.take)
    with caplog.at_level(logging.DEBUG):
        assert books.book(exchange(1), now=0) is not None
        made.flush(2)
    made.close()
    assert made.shown()["export_failures"] >= 1
    assert not [r for r in caplog.records if r.name.startswith("opentelemetry") and r.levelno >= logging.WARNING]


def test_langfuse_gets_a_trace_with_its_transforms_and_no_content(collector):
    settings = Settings(langfuse=True, langfuse_base_url=collector.url + "/")
    made = Langfuse(settings, public="pk-1", secret="sk-2")
    books = accounts(settings)
    books.sinks.append(made.take)
    books.finished(exchange(1, headers={"x-api-key": KEY}, response_text="the answer", session_id="s1"))
    made.flush()
    path, headers, body = collector.got[-1]
    assert path == "/api/public/otel/v1/traces"
    assert headers["authorization"] == "Basic " + base64.b64encode(b"pk-1:sk-2").decode()
    assert headers["x-langfuse-ingestion-version"] == "4"
    assert KEY.encode() not in body
    assert b"the answer" not in body
    spans = {s.name: s for s in spans_of(body)}
    parent, child = spans["headroom.compression.pipeline"], spans["headroom.compression.transform"]
    assert child.parent_span_id == parent.span_id
    said = {a.key: a.value for a in parent.attributes}
    assert said["headroom.model"].string_value == "claude-sonnet-4-5"
    assert said["headroom.tokens.saved"].int_value == 6_000
    assert [v.string_value for v in said["headroom.transforms_applied"].array_value.values] == ["log"]
    assert said["session.id"].string_value == "s1"
    assert parent.start_time_unix_nano == pytest.approx((WALL + 1) * 1e9)
    assert {a.key: a.value for a in child.attributes}["headroom.tokens.after"].int_value == 3_000
    made.close()


def test_each_transform_has_the_time_that_it_took(collector):
    made = Langfuse(Settings(langfuse=True, langfuse_base_url=collector.url), public="pk", secret="sk")
    verdicts = [
        Verdict("compressed", "log", 0, "Bash", "log", 9_000, 3_000, began=100.5, seconds=0.02),
        Verdict("compressed", "json:table", 1, "query", "json", 4_000, 1_000, began=100.53, seconds=0.01),
        Verdict("compressed", "log", 2, "Bash", "log", 800, 500, began=100.55, seconds=0.005),
        Verdict("compressed", "diff", 3, "Bash", "diff", 700, 300, fresh=False),
        Verdict("raw", "too_small", 4, began=100.56, seconds=0.3),
    ]
    one = exchange(1, verdicts=verdicts, started=100.0, wall=WALL, stages={"compress": 0.08})
    made.take(*booked(one))
    made.flush()
    spans = spans_of(collector.got[-1][2])
    times = {}
    for span in spans:
        said = {a.key: a.value for a in span.attributes}
        name = said["headroom.transform"].string_value if "headroom.transform" in said else "pipeline"
        ends = [(at - WALL * 1e9) / 1e6 for at in (span.start_time_unix_nano, span.end_time_unix_nano)]
        times[name] = [*ends, said["headroom.duration_ms"].double_value]
    near = pytest.approx
    assert times["pipeline"] == near([500, 580, 80], abs=0.01)
    assert times["log"] == near([500, 555, 25], abs=0.01)
    assert times["json:table"] == near([530, 540, 10], abs=0.01)
    assert times["diff"] == near([500, 500, 0], abs=0.01)  # replayed: it took no time
    made.close()


def spans_of(body: bytes):
    request = ExportTraceServiceRequest.FromString(body)
    return [span for r in request.resource_spans for scope in r.scope_spans for span in scope.spans]


def test_langfuse_gets_content_only_when_messages_are_logged(collector):
    settings = Settings(langfuse=True, log_messages=True, langfuse_base_url=collector.url)
    made = Langfuse(settings, public="pk-1", secret="sk-2")
    body_in = json.dumps({"messages": [{"role": "user", "content": f"my key is {KEY}"}]}).encode()
    made.take(*booked(exchange(1, headers={"x-api-key": KEY}, response_text="the answer", body_in=body_in)))
    made.flush()
    body = collector.got[-1][2]
    assert b"the answer" in body
    assert b"my key is" in body
    assert KEY.encode() not in body
    made.close()


def booked(one):
    return accounts().book(one, now=0), one


def test_everything_is_off_unless_asked_for():
    books, warnings = accounts(Settings(stateless=True)), []
    blocks = attach(books, books.settings, {}, warnings)
    shown = {name: read() for name, read in blocks.items()}
    assert shown["otel"]["enabled"] is False
    assert shown["langfuse"] == {"configured": False, "enabled": False, "base_url": None, "endpoint": None}
    assert shown["telemetry"]["enabled"] is False
    assert shown["anon_telemetry_shipping"] is False
    assert books.sinks == warnings == []
    books.close()


def test_langfuse_without_keys_is_off_with_one_warning():
    books, warnings = accounts(Settings(stateless=True, langfuse=True, langfuse_public_key="pk")), []
    blocks = attach(books, books.settings, {}, warnings)
    assert blocks["langfuse"]()["enabled"] is False
    assert len(warnings) == 1
    assert "LANGFUSE_SECRET_KEY" in warnings[0]
    books.close()


def test_without_the_extra_there_is_one_warning_each_and_no_crash(monkeypatch):
    real = builtins.__import__

    def missing(name, *args, **kind):
        if name.startswith("opentelemetry"):
            raise ImportError(name)
        return real(name, *args, **kind)

    monkeypatch.setattr(builtins, "__import__", missing)
    settings = Settings(
        stateless=True, otel_metrics=True, langfuse=True, langfuse_public_key="pk", langfuse_secret_key="sk"
    )
    books, warnings = accounts(settings), []
    blocks = attach(books, settings, {}, warnings)
    assert [("otel extra" in warning) for warning in warnings] == [True, True]
    assert blocks["otel"]()["enabled"] is False
    assert blocks["langfuse"]()["enabled"] is False
    assert books.book(exchange(1), now=0) is not None
    books.close()


def test_a_url_with_a_password_is_shown_without_it():
    settings = Settings(stateless=True, otel_endpoint="https://user:secret@collector.example/v1/metrics?key=abc")
    books = accounts(settings)
    shown = attach(books, settings, {}, [])["otel"]()
    assert shown["endpoint"] == "https://collector.example/v1/metrics"
    books.close()


# -- telemetry -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("settings", "environ", "on"),
    [
        (Settings(), {}, False),
        (Settings(telemetry=True), {}, True),
        (Settings(telemetry=True), {"DO_NOT_TRACK": "1"}, False),
        (Settings(telemetry=True), {"HEADROOM_OFFLINE": "true"}, False),
        (Settings(telemetry=True), {"DO_NOT_TRACK": "0"}, True),
    ],
    ids=["default", "opted in", "do not track", "offline", "do not track says no"],
)
def test_telemetry_needs_a_yes_and_no_no(settings, environ, on):
    assert wanted(settings, environ) is on


def test_opted_in_without_an_endpoint_nothing_is_sent_and_it_says_so(tmp_path):
    made = Telemetry(accounts().stats, Settings(telemetry=True, workspace_dir=tmp_path), {})
    assert made.enabled
    assert not made.shipping
    assert "nothing is sent" in made.sentence
    made.close()


def test_what_is_sent_is_what_is_shown(collector, tmp_path):
    books = accounts()
    books.finished(exchange(1, project="secret-project", user_id="somebody", headers={"x-api-key": KEY}))
    settings = Settings(telemetry=True, telemetry_endpoint=f"{collector.url}/t", workspace_dir=tmp_path)
    now = [0.0]
    made = Telemetry(books.stats, settings, {}, clock=lambda: now[0], first=0.01, every=60)
    waiting = threading.Event()
    for _ in range(6000):
        if collector.got:
            break
        waiting.wait(0.01)
    sent = json.loads(collector.got[0][2])
    assert sent == made.report()
    assert sent["requests"] == 1
    assert sent["tokens_saved"] == 6_000
    assert sent["install_id"] == (tmp_path / "install_id").read_text().strip()
    text = collector.got[0][2].decode()
    for private in ("secret-project", "somebody", KEY, str(tmp_path), "claude-code"):
        assert private not in text
    now[0] = 3_600.0
    made.close()
    assert len(collector.got) == 2  # a last word after a longer run


def test_off_writes_no_install_id(tmp_path):
    made = Telemetry(accounts().stats, Settings(workspace_dir=tmp_path), {})
    made.report()
    made.close()
    assert list(tmp_path.iterdir()) == []
