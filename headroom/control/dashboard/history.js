// Savings by hour, day, week and month, as charts, as a table and as files.
import { bars } from "./charts.js";
import { byId, el, render, table } from "./dom.js";
import * as f from "./format.js";

const SERIES = [["hourly", "Hours"], ["daily", "Days"], ["weekly", "Weeks"], ["monthly", "Months"]];
const SHOWN = { hourly: 48, daily: 30, weekly: 26, monthly: 24 };
let series = "daily";
let data = null;

export function setUp() {
  const choice = SERIES.map(([key, title]) =>
    el("label", {}, el("input", { type: "radio", name: "series", value: key, checked: key === series, on: { change: () => { series = key; draw(); } } }), el("span", {}, title)),
  );
  byId("series").append(...choice);
  new ResizeObserver(() => draw()).observe(byId("chart-tokens"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  document.addEventListener("headroom-theme", draw);
}

export async function load(signal) {
  const answer = await fetch("/stats-history?history_mode=none", { signal, headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(`the history could not be read (${answer.status})`);
  data = await answer.json();
  draw();
}

function tick(iso) {
  const moment = new Date(iso);
  const options = { hourly: { hour: "2-digit", minute: "2-digit" }, daily: { day: "numeric", month: "short" }, weekly: { day: "numeric", month: "short" }, monthly: { month: "short", year: "2-digit" } }[series];
  return moment.toLocaleString("en-GB", { ...options, timeZone: "UTC" });
}

const LEAST = { hourly: 24, daily: 14, weekly: 12, monthly: 12 };
const STEP = { hourly: 3_600_000, daily: 86_400_000, weekly: 604_800_000 };

function before(moment) {
  if (series !== "monthly") return moment - STEP[series];
  const date = new Date(moment);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - 1, 1);
}

// Periods without a request have no row: they are shown as zero, so that time has one scale.
function filled(rows) {
  if (!rows.length) return [];
  const known = new Map(rows.map((row) => [Date.parse(row.timestamp), row]));
  const first = Math.min(...known.keys());
  const found = [];
  for (let at = Math.max(...known.keys()); found.length < LEAST[series] || (at >= first && found.length < SHOWN[series]); at = before(at)) {
    found.unshift(known.get(at) ?? { timestamp: new Date(at).toISOString(), tokens_saved: 0, compression_savings_usd_delta: 0, total_input_tokens_delta: 0, total_input_cost_usd_delta: 0, net_tokens_saved: 0, net_savings_usd_delta: 0, requests: 0 });
  }
  return found;
}

const tokensOf = (row) => row.net_tokens_saved ?? row.tokens_saved ?? 0;
const dollarsOf = (row) => row.net_savings_usd_delta ?? row.compression_savings_usd_delta ?? 0;

function draw() {
  if (!data) return;
  const rows = filled(data.series?.[series] ?? []);
  const labels = rows.map((row) => ({ tick: tick(row.timestamp), full: f.bucket(row.timestamp, series) }));
  const life = data.lifetime ?? {};
  const leftIn = (text) => (life.tokens_would_save ? ` · ${text} would have been saved (shadow mode)` : "");
  byId("tokens-sub").textContent = `Net, by headroom’s count · lifetime ${f.short(life.net_tokens_saved ?? life.tokens_saved ?? 0)}${leftIn(f.short(life.tokens_would_save))}`;
  byId("dollars-sub").textContent = `Net, estimated · lifetime ${f.dollars(life.net_savings_usd ?? life.compression_savings_usd ?? 0)}${leftIn(f.dollars(life.would_save_usd ?? 0))}`;
  for (const [id, of, format, name, accent] of [["chart-tokens", tokensOf, f.short, "Tokens saved", "--accent"], ["chart-dollars", dollarsOf, f.dollars, "Dollars saved", "--second"]]) {
    const holder = byId(id);
    bars(holder, { labels, values: rows.map(of), format, axisFormat: of === dollarsOf ? f.dollarScale : (splits) => splits.map(f.short), name, accent });
    if (!rows.length) holder.replaceChildren(el("p", { class: "none" }, "Nothing yet: bars appear after the first request."));
  }
  render(byId("history-rows"), [series, rows], () =>
    table(
      `Savings, ${series}`,
      [
        { title: "Period (UTC)", cell: (row) => f.bucket(row.timestamp, series) },
        { title: "Requests", number: true, cell: (row) => f.count(row.requests) },
        { title: "Tokens saved, net", number: true, cell: (row) => f.count(tokensOf(row)) },
        { title: "Dollars saved, net", number: true, cell: (row) => f.dollars(dollarsOf(row)) },
        { title: "Tokens sent", number: true, cell: (row) => f.count(row.total_input_tokens_delta) },
        { title: "Spent on input", number: true, cell: (row) => f.dollars(row.total_input_cost_usd_delta) },
      ],
      rows.filter((row) => row.requests !== 0).reverse(),
    ),
  );
  byId("export-json").href = `/stats-history?series=${series}&history_mode=full`;
  byId("export-json").download = `headroom-stats-history-${series}.json`;
  byId("export-json").setAttribute("aria-label", `Export the history as JSON (${series})`);
  byId("export-csv").href = `/stats-history?format=csv&series=${series}`;
  byId("export-csv").download = `headroom-stats-history-${series}.csv`;
  byId("export-csv").setAttribute("aria-label", `Export the history as CSV (${series})`);
}
