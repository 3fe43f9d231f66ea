// The figures of /stats. A block that an older or a differently set up proxy does not send is left out.
import { byId, el, hint, meter, render, table } from "./dom.js";
import * as f from "./format.js";
import * as words from "./words.js";

const badge = (text, kind = "", title = null) => el("span", { class: `badge ${kind}`, title }, text);
const basis = (name) => badge(name, name === "measured" ? "good" : "", name === "measured" ? "From what the provider reported" : "Worked out by headroom");

export function overview(stats, lastMinute) {
  hero(stats);
  ledger(stats);
  tiles(stats);
  breakdown(stats);
  groups(stats);
  panels({ ...stats, lastMinute });
  about(stats);
}

// -- the headline ---------------------------------------------------------------------------------------------------
function saved(usd) {
  return usd < 0 ? `${f.dollars(-usd)} more` : f.dollars(usd);
}

function hero(stats) {
  const net = stats.savings?.net ?? {};
  const tokens = stats.tokens ?? {};
  const session = stats.display_session;
  const life = stats.persistent_savings?.lifetime;
  const shareSaved = tokens.net_savings_percent ?? tokens.savings_percent;
  const scopes = [
    ["This session", session, session?.started_at ? `since ${f.clock(session.started_at)}; ends after an hour without requests` : "no request in the last hour"],
    ["Lifetime", life, "of this installation, kept across restarts"],
  ].filter(([, row]) => row);
  const leftIn = (row) => (row.tokens_would_save ? ` · shadow mode: ${f.short(row.tokens_would_save)} tokens (${f.dollars(row.would_save_usd ?? 0)}) would have been saved` : "");
  const course = (stats.savings_history ?? []).map(([, total]) => total);
  render(byId("hero"), [course, net, shareSaved, scopes.map(([, row, note]) => [row.net_savings_usd, row.net_tokens_saved, row.tokens_would_save, note]), stats.requests?.total, tokens.would_save], () => [
    el("p", { class: "label" }, "Net savings", el("span", { class: "scope" }, "this process"), hint("What was left out of requests, less what the model looked up again, less what changes cost in the provider’s cache. Priced at the provider’s prices, cache prices included.")),
    el("p", { class: "huge" }, el("span", { class: net.usd < 0 ? "neg" : "pos", "data-figure": "net-usd" }, saved(net.usd ?? 0)), basis(net.basis ?? "estimated")),
    el(
      "p",
      { class: "lead" },
      el("strong", { "data-figure": "net-tokens" }, f.count(net.tokens ?? 0)),
      net.tokens < 0 ? " tokens (a minus: more was added than left out)" : " fewer input tokens",
      shareSaved ? [" — ", el("strong", {}, f.percent(shareSaved)), " of what clients sent"] : null,
      tokens.would_save ? [". Shadow mode: ", el("strong", { "data-figure": "would-save" }, f.count(tokens.would_save)), ` tokens (${f.dollars(stats.cost?.would_save_usd ?? 0)}) would have been saved`] : null,
    ),
    spark(course),
    el(
      "dl",
      { class: "scopes" },
      scopes.map(([name, row, note]) => el("div", {}, el("dt", {}, name), el("dd", {}, el("strong", {}, saved(row.net_savings_usd ?? row.compression_savings_usd)), ` · ${f.short(row.net_tokens_saved ?? row.tokens_saved)} tokens · ${f.short(row.requests)} requests${leftIn(row)}`, el("span", { class: "sub" }, note)))),
    ),
  ]);
}

// How the tokens left out added up over the newest requests; the figures themselves stand beside it.
function spark(totals) {
  if (totals.length < 3) return null;
  const [width, height] = [600, 72];
  const [low, high] = [Math.min(...totals), Math.max(...totals)];
  const point = (total, index) => `${((index / (totals.length - 1)) * width).toFixed(1)},${(height - 2 - ((total - low) / (high - low || 1)) * (height - 6)).toFixed(1)}`;
  const path = totals.map(point).join(" L");
  const shape = (attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", "path");
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  };
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true", class: "spark" })) svg.setAttribute(name, value);
  svg.append(shape({ d: `M0,${height} L${path} L${width},${height} Z`, class: "area" }), shape({ d: `M${path}`, class: "edge", "vector-effect": "non-scaling-stroke" }));
  return svg;
}

function ledger(stats) {
  const net = stats.savings?.net;
  const cost = stats.cost ?? {};
  const summary = stats.summary?.cost ?? {};
  render(byId("ledger"), [net, cost.total_cost_usd, cost.basis, summary], () => {
    const rows = [
      ["Left out of requests", net?.gross_tokens ?? stats.tokens?.saved, net?.gross_usd ?? cost.compression_savings_usd, "Text that was shortened or left out, with a mark in its place."],
      ["Look-up tool added", -(net?.tool_definition_tokens ?? 0), null, "The definition of the tool by which the model can fetch what was left out. Its dollars are part of the line above."],
      ["Fetched back by the model", -(net?.retrieved_tokens ?? 0), -(net?.retrieval_usd ?? 0), "Originals that the model asked for after all."],
      ["Provider cache lost", -(net?.cache_lost_tokens ?? 0), -(net?.cache_lost_usd ?? 0), "Cached text the provider had to read anew because headroom changed it."],
    ];
    const measured = cost.basis?.measured_usd ?? 0;
    const estimated = cost.basis?.estimated_usd ?? 0;
    return [
      el("h3", {}, "How the net is made up"),
      el(
        "table",
        { class: "sum" },
        el("caption", { class: "unseen" }, "Net savings of this process, line by line"),
        el("thead", {}, el("tr", {}, el("th", { scope: "col" }, el("span", { class: "unseen" }, "Line")), el("th", { scope: "col", class: "number" }, "tokens"), el("th", { scope: "col", class: "number" }, "dollars"))),
        el("tbody", {}, rows.map(([name, tokens, usd, help]) => el("tr", {}, el("th", { scope: "row" }, name, hint(help)), el("td", { class: "number" }, f.count(tokens || 0)), el("td", { class: "number" }, usd === null ? "" : f.dollars(usd || 0))))),
        el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, "Net"), el("td", { class: "number" }, f.count(net?.tokens ?? 0)), el("td", { class: "number" }, f.dollars(net?.usd ?? 0)))),
      ),
      el(
        "p",
        { class: "bill" },
        "Spent ",
        el("strong", {}, f.dollars(cost.total_cost_usd ?? 0)),
        " ",
        measured || !estimated ? basis("measured") : basis("estimated"),
        measured && estimated ? ` (${f.dollars(estimated)} of it estimated)` : null,
        summary.without_headroom_usd > 0 ? [", about ", el("strong", {}, f.dollars(summary.without_headroom_usd)), " without headroom"] : null,
        cost.basis?.unpriced_requests ? ` · ${f.count(cost.basis.unpriced_requests)} requests at a guessed price` : null,
      ),
    ];
  });
}

function tiles(stats) {
  const { requests = {}, tokens = {}, overhead = {}, ttfb = {}, latency = {} } = stats;
  const cache = stats.prefix_cache?.totals ?? {};
  const none = !requests.total;
  const bad = (requests.failed ?? 0) + (requests.rate_limited ?? 0) + (requests.budget_rejected ?? 0) + (requests.refused ?? 0);
  const shown = [
    ["requests", "Requests", f.count(requests.total ?? 0), `${f.count(requests.compressed ?? 0)} shortened${bad ? ` · ${f.count(bad)} failed or refused` : ""}`, "Calls to a model. Repeats that headroom answered itself are counted, too."],
    ["input", "Input tokens sent", f.short(tokens.input ?? 0), `of ${f.short(tokens.total_before_compression ?? 0)} that clients sent`, "headroom’s own count of the requests, before and after. An agent sends its whole history with each request, so the same text counts each time."],
    ["cache", "Cache hit rate", cache.requests ? f.percent(cache.hit_rate) : "–", cache.requests ? `at the provider: ${f.short(cache.cache_read_tokens)} tokens at a discount` : "no report from a provider yet", "Share of the input that the provider read from its own prompt cache, as it reports. headroom keeps the start of each conversation unchanged so that this stays high."],
    ["overhead", "Time added", none ? "–" : f.milliseconds(overhead.p50_ms ?? overhead.average_ms), none ? "by headroom, typical" : `typical; ${f.milliseconds(overhead.p95_ms ?? overhead.max_ms)} for the slowest 5 %`, "Time that a request spends inside headroom before it goes on to the provider (median and 95th percentile)."],
    ["ttfb", "First byte", none ? "–" : f.milliseconds(ttfb.p50_ms ?? ttfb.average_ms), "typical, provider included", "Time from the request’s arrival until the answer begins."],
    ["latency", "Whole answer", none ? "–" : f.milliseconds(latency.p50_ms ?? latency.average_ms), "typical, provider included", "Time from the request’s arrival until the last byte of the answer."],
  ];
  render(byId("tiles"), shown, () => shown.map(([key, name, value, note, help]) => el("div", { class: "card tile" }, el("dt", {}, name, hint(help)), el("dd", { class: "value", "data-figure": key }, value), el("dd", { class: "sub" }, note))));
}

// -- what was done --------------------------------------------------------------------------------------------------
function breakdown(stats) {
  const kinds = Object.entries(stats.tokens_saved_by_kind ?? {}).sort((a, b) => b[1].tokens_before - b[1].tokens_after - (a[1].tokens_before - a[1].tokens_after));
  // Shadow mode is chosen at start-up: what would have been saved never mixes with what was.
  const shadow = (stats.tokens?.would_save ?? 0) > 0;
  byId("kinds-title").textContent = shadow ? "What shadow mode would have shortened" : "What was shortened";
  render(byId("kinds"), [shadow, kinds], () =>
    table(
      "Tokens before and after by kind of content",
      [
        { title: "Kind", cell: ([name]) => words.kind(name) },
        { title: "Outputs", number: true, cell: ([, row]) => f.count(row.blocks) },
        { title: "Tokens", number: true, cell: ([, row]) => [f.short(row.tokens_before), el("span", { class: "arrow", "aria-label": "to" }, " → "), f.short(row.tokens_after)] },
        { title: shadow ? "Would save" : "Saved", number: true, cell: ([, row]) => [el("span", {}, f.percent(row.savings_percent)), bar(row.savings_percent)] },
      ],
      kinds,
      { empty: "Nothing has been shortened yet." },
    ),
  );
  const alone = Object.entries(stats.blocks_left_alone ?? {}).sort((a, b) => b[1] - a[1]);
  const refused = Object.entries(stats.rewrites_refused ?? {});
  const whole = Object.entries(stats.summary?.uncompressed_requests ?? {}).sort((a, b) => b[1] - a[1]);
  render(byId("alone"), [alone, refused, whole], () => [
    table(
      "Tool outputs left alone by reason",
      [
        { title: "Reason", cell: ([name]) => [words.reason(name), words.reasonHelp(name) ? hint(words.reasonHelp(name)) : null] },
        { title: "Outputs", number: true, cell: ([, blocks]) => f.count(blocks) },
      ],
      alone,
      { empty: "No tool output has been left alone yet." },
    ),
    whole.length ? [el("h4", {}, "Requests sent without any change"), el("ul", { class: "pairs" }, whole.map(([name, requests]) => el("li", {}, el("span", {}, words.reason(name), words.reasonHelp(name) ? hint(words.reasonHelp(name)) : null), el("span", { class: "number" }, f.count(requests)))))] : null,
  ].flat().filter(Boolean));
}

const bar = (value) => el("span", { class: "bar", "aria-hidden": "true" }, el("span", { "width%": Math.min(100, Math.max(0, value)) }));

// -- by model, project, client --------------------------------------------------------------------------------------
const GROUPS = [
  ["models", "Models", "model"],
  ["projects", "Projects", "project"],
  ["clients", "Clients", "client"],
];
let group = "models";
let latest = null;

function groupRows(stats) {
  const byModel = stats.cost?.per_model ?? {};
  if (group === "models") {
    return Object.entries(byModel).map(([name, row]) => ({ name, requests: row.requests, sent: row.tokens_sent, saved: row.net_tokens_saved ?? row.tokens_saved, before: row.tokens_sent + row.tokens_saved, usd: row.savings_usd, cost: row.cost_usd, measured: !row.estimated_usd }));
  }
  const found = group === "projects" ? stats.savings?.per_project : stats.savings?.per_client;
  return Object.entries(found ?? {}).map(([name, row]) => ({ name, requests: row.requests, sent: row.total_input_tokens, saved: row.net_tokens_saved ?? row.tokens_saved, before: row.total_input_tokens + row.tokens_saved, usd: row.net_savings_usd ?? row.compression_savings_usd, cost: row.total_cost_usd ?? row.total_input_cost_usd, last: row.last_activity_at }));
}

function groups(stats) {
  latest = stats;
  const rows = groupRows(stats).sort((a, b) => b.saved - a.saved);
  const [, title, one] = GROUPS.find(([key]) => key === group);
  render(byId("groups"), [group, rows], () =>
    table(
      `By ${one}, since this process started`,
      [
        { title: title.slice(0, -1), cell: (row) => el("span", { class: "name" }, row.name) },
        { title: "Requests", number: true, cell: (row) => f.count(row.requests) },
        { title: "Sent by clients", number: true, hint: "Input tokens before compression, by headroom’s count.", cell: (row) => f.count(row.before) },
        { title: "Sent on", number: true, hint: "Input tokens after compression, by headroom’s count.", cell: (row) => f.count(row.sent) },
        { title: "Saved, net", number: true, hint: "Tokens left out, less those fetched back or lost in the provider’s cache.", cell: (row) => [f.count(row.saved), el("span", { class: "sub" }, f.percent(f.share(row.saved, row.before)))] },
        { title: "Saved, net", number: true, hint: "An estimate in dollars.", cell: (row) => f.dollars(row.usd) },
        { title: "Spent", number: true, cell: (row) => f.dollars(row.cost) },
        ...(group === "models" ? [] : [{ title: "Last request", number: true, cell: (row) => (row.last ? f.clock(row.last) : "–") }]),
      ],
      rows,
      {
        empty:
          group === "projects"
            ? "No request named a project. Send the header X-Headroom-Project, or put /p/<name> at the start of the base URL’s path."
            : group === "clients"
              ? "No request came from a client that headroom knows. Send the header X-Client to name yours."
              : "Nothing yet.",
      },
    ),
  );
}

export function groupTabs() {
  const tabs = GROUPS.map(([key, title]) =>
    el("button", { type: "button", role: "tab", id: `tab-${key}`, "aria-controls": "groups", "aria-selected": String(key === group), tabindex: key === group ? "0" : "-1", on: { click: () => select(key) } }, title),
  );
  const select = (key, focus = false) => {
    group = key;
    GROUPS.forEach(([name], index) => {
      tabs[index].setAttribute("aria-selected", String(name === key));
      tabs[index].tabIndex = name === key ? 0 : -1;
      if (name === key && focus) tabs[index].focus();
    });
    byId("groups").setAttribute("aria-labelledby", `tab-${key}`);
    if (latest) groups(latest);
  };
  const list = byId("group-tabs");
  list.replaceChildren(...tabs);
  list.addEventListener("keydown", (event) => {
    const at = GROUPS.findIndex(([key]) => key === group);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: GROUPS.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    select(GROUPS[(to + GROUPS.length) % GROUPS.length][0], true);
  });
  byId("groups").setAttribute("aria-labelledby", `tab-${group}`);
}

// -- the system -----------------------------------------------------------------------------------------------------
const panel = (title, state, kind, help, ...rest) => el("section", { class: "card panel" }, el("h3", {}, title, help ? hint(help) : null, state ? badge(state, kind) : null), rest);
const facts = (rows) => el("dl", { class: "facts" }, rows.filter(Boolean).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
const note = (text) => el("p", { class: "sub" }, text);

function panels(stats) {
  const parts = [budget(stats), rate(stats), providerCache(stats), responseCache(stats), originals(stats), kompress(stats), store(stats), refusals(stats), outside(stats)].filter(Boolean);
  const state = parts.map(([key]) => key);
  render(byId("panels"), state, () => parts.map(([, make]) => make()));
}

function budget({ cost = {} }) {
  const limit = cost.budget_limit_usd;
  const state = ["budget", limit, cost.budget_spent_usd, cost.budget_held_usd, cost.budget_period, cost.budget_resets_at];
  const help = "Calls are refused once this much is spent in the period. Spent money is kept across restarts.";
  return [state, () => {
    if (limit === null || limit === undefined) return panel("Budget", "off", "", help, note("No limit. Set one with --budget, in dollars an hour, a day or a month (--budget-period)."));
    const used = f.share(cost.budget_spent_usd, limit);
    const kind = used >= 100 ? "bad" : used >= 80 ? "warn" : "good";
    return panel(
      "Budget", `${f.percent(used)} used`, kind, help,
      meter(used, "Share of the budget that is spent", kind),
      facts([["Spent", `${f.dollars(cost.budget_spent_usd)} of ${f.dollars(limit)}`], cost.budget_held_usd ? ["Held for calls under way", f.dollars(cost.budget_held_usd)] : null, ["Period", cost.budget_period ?? "–"], cost.budget_resets_at ? ["Starts anew", f.clock(cost.budget_resets_at)] : null]),
    );
  }];
}

function rate({ rate_limiter: limiter, requests = {}, lastMinute }) {
  const help = "Limits for each API key, so that one client can’t starve the others.";
  return [["rate", limiter, requests.rate_limited, lastMinute], () => {
    if (!limiter) return panel("Rate limits", "off", "", help, note("headroom runs with --no-rate-limit."));
    const refused = requests.rate_limited ?? 0;
    const gauge = (name, used, limit) => {
      const part = f.share(used, limit);
      return [el("p", { class: "gauge" }, el("span", {}, name), el("span", {}, `${f.short(used)} of ${f.short(limit)}`)), meter(part, `${name} in the last minute`, part >= 100 ? "bad" : part >= 80 ? "warn" : "good")];
    };
    return panel(
      "Rate limits", refused ? `${f.count(refused)} refused` : "on", refused ? "warn" : "good", help,
      lastMinute ? [gauge("Requests in the last minute", lastMinute.requests, limiter.requests_per_minute), gauge("Tokens in the last minute", lastMinute.tokens, limiter.tokens_per_minute), note("All keys together; the limits hold for each.")] : null,
      facts([lastMinute ? null : ["Requests a minute", f.count(limiter.requests_per_minute)], lastMinute ? null : ["Tokens a minute", f.count(limiter.tokens_per_minute)], limiter.active_keys === undefined ? null : ["Keys in use", f.count(limiter.active_keys)], limiter.unchecked ? ["Let through unchecked", f.count(limiter.unchecked)] : null]),
    );
  }];
}

function providerCache({ prefix_cache: cache }) {
  if (!cache?.totals) return null;
  const { totals, compression_vs_cache: versus = {}, miss_attribution: misses = {}, observed_ttl_mix: mix } = cache;
  return [["prefix", totals, versus, misses, mix], () => {
    const missed = Object.entries(misses).filter(([, times]) => typeof times === "number" && times > 0);
    return panel(
      "Provider’s prompt cache", totals.requests ? `${f.percent(totals.hit_rate)} read from it` : "no data yet", totals.hit_rate >= 50 ? "good" : "",
      "Providers keep the start of a conversation for some minutes and read it again at a tenth of the price or so. What it saves is the provider’s doing and no part of headroom’s net.",
      totals.requests ? meter(totals.hit_rate, "Share of input read from the provider’s cache", "good") : null,
      facts([
        ["Read · written · neither", `${f.short(totals.cache_read_tokens)} · ${f.short(totals.cache_write_tokens)} · ${f.short(totals.uncached_input_tokens)}`],
        ["Saved by it", f.dollars(totals.net_savings_usd)],
        mix ? ["Kept for 5 min · 1 h", `${f.percent(mix["5m_pct"])} · ${f.percent(mix["1h_pct"])}`] : null,
        ["Lost through headroom", versus.cache_bust_count ? `${f.count(versus.tokens_lost_to_cache_bust)} tokens in ${f.count(versus.cache_bust_count)} requests` : "none"],
        missed.length ? ["Missed", missed.map(([why, times]) => `${f.count(times)} × ${words.cacheMiss(why)}`).join(", ")] : null,
      ]),
    );
  }];
}

function responseCache({ cache, requests = {} }) {
  const help = "Answers a call that is an exact repeat of an earlier one without asking the provider.";
  return [["cache", cache, requests.cached], () => {
    if (!cache) return panel("Response cache", "off", "", help, note("headroom runs with --no-cache."));
    return panel("Response cache", "on", "good", help, facts([["Answered from it", f.count(cache.total_hits)], ["Asked in vain", f.count(cache.misses)], ["Answers kept", `${f.count(cache.entries)} of at most ${f.count(cache.max_entries)}`], ["Kept for", f.duration(cache.ttl_seconds)]]));
  }];
}

function originals({ compression: kept }) {
  if (!kept) return null;
  return [["originals", kept], () => {
    const used = kept.ccr_max_bytes ? f.share(kept.ccr_bytes, kept.ccr_max_bytes) : null;
    return panel("Originals", `${f.count(kept.ccr_entries)} kept`, "", "Whatever is left out is stored first, so that the model can fetch it back by a tool call that headroom answers itself.", used === null ? null : meter(used, "Room used by originals"), facts([["Fetched back", f.count(kept.ccr_retrievals)], kept.ccr_bytes === undefined ? null : ["Room", kept.ccr_max_bytes ? `${f.bytes(kept.ccr_bytes)} of ${f.bytes(kept.ccr_max_bytes)}` : f.bytes(kept.ccr_bytes)], ["Tokens kept · shown", `${f.short(kept.original_tokens_cached)} · ${f.short(kept.compressed_tokens_cached)}`]]));
  }];
}

function kompress({ kompress: model }) {
  if (!model) return null;
  return [["kompress", model], () => panel(
    "Kompress model", model.state && !model.enabled ? model.state : model.enabled ? "on" : "off", model.enabled ? "good" : "", "A small model on this machine that shortens prose better than rules do. Without it, rules serve.",
    model.enabled
      ? facts([["Runs on", [model.backend, model.device].filter(Boolean).join(" · ") || "–"], ["Texts scored", f.count(model.calls)], ["Typical time", f.milliseconds(model.average_ms)], ["Rules served instead", f.count(model.fallbacks)]])
      : note("Prose is shortened by rules."),
  )];
}

function store({ store: state }) {
  if (!state) return null;
  return [["store", state], () => panel("State store", state.degraded ? "degraded" : "healthy", state.degraded ? "warn" : "good", "Where decisions, originals and the budget are kept.", facts([["Kind", { sqlite: "SQLite", redis: "Redis", memory: "Memory" }[state.name] ?? state.name], ["After a restart", state.durable ? "everything is still there" : "everything is lost"]]))];
}

function refusals({ requests = {}, rewrites_refused: refused = {} }) {
  const rows = Object.entries(refused);
  const undone = requests.rescued ?? 0;
  return [["refusals", refused, undone, requests.compression_failed, requests.upstream_retries], () => panel(
    "Refused rewrites", undone || rows.length ? f.count(undone || rows.reduce((sum, [, times]) => sum + times, 0)) : "none", undone || rows.length ? "warn" : "good",
    "When a provider does not take a request that headroom changed, the client’s own bytes are sent once more, and what was done is not done again in that conversation.",
    rows.length ? el("ul", { class: "pairs" }, rows.map(([name, times]) => el("li", {}, el("span", {}, words.refusal(name), words.refusalHelp(name) ? hint(words.refusalHelp(name)) : null), el("span", { class: "number" }, f.count(times))))) : null,
    facts([["Sent again as they came", f.count(undone)], ["Internal errors, sent as they came", f.count(requests.compression_failed ?? 0)], ["Retries at the provider", f.count(requests.upstream_retries ?? 0)]]),
  )];
}

function outside({ telemetry, otel, langfuse, log_full_messages: messages }) {
  return [["outside", telemetry, otel, langfuse, messages], () => {
    const on = [telemetry?.enabled && "telemetry", otel?.enabled && "OTEL", langfuse?.enabled && "Langfuse"].filter(Boolean);
    return panel("Leaves this machine", on.length ? on.join(", ") : "nothing", on.length ? "warn" : "good", "What headroom itself sends anywhere, beside your requests to their provider.", facts([["Telemetry", telemetry?.enabled ? "on" : "off"], ["Traces and metrics (OTLP)", otel?.enabled ? (otel.endpoint ?? "on") : "off"], ["Langfuse", langfuse?.enabled ? (langfuse.base_url ?? "on") : "off"], ["Message texts in the log", messages ? "yes" : "no"]]));
  }];
}

function about(stats) {
  const text = `headroom ${stats.version ?? ""} · ${stats.summary?.mode ? `mode ${stats.summary.mode} · ` : ""}running for ${stats.uptime_seconds >= 60 ? f.duration(Math.floor(stats.uptime_seconds / 60) * 60) : "less than a minute"}`;
  const node = byId("about");
  if (node.textContent !== text) node.textContent = text;
  const tip = byId("tip");
  const told = stats.summary?.tip ?? "";
  if (tip.textContent !== told) tip.textContent = told;
  tip.hidden = !told;
}
