// The newest requests, and one of them opened: its decisions, and each text before, after and as a diff.
import { byId, el, hint, render } from "./dom.js";
import { lines } from "./diff.js";
import * as f from "./format.js";
import * as words from "./words.js";

const SHOWN = 50;
const FOLD = 8;
const RUN = 60;
let rows = [];
let opened = null;

// Resolves to what came in during the last minute, or null where that is not shown.
export async function load(signal) {
  const answer = await fetch(`/dashboard/requests?limit=${SHOWN}`, { signal, headers: { accept: "application/json" } });
  if (answer.status === 404) {
    render(byId("feed"), "elsewhere", () => el("p", { class: "none" }, "Requests are listed only in a browser on the machine that runs headroom, since they show what was sent."));
    return null;
  }
  if (!answer.ok) throw new Error(`the requests could not be read (${answer.status})`);
  const found = await answer.json();
  rows = found.requests;
  draw();
  return found.last_minute ?? null;
}

const sum = (row) => row.input_tokens + row.cache_read_tokens + row.cache_write_tokens;

function draw() {
  render(byId("feed"), rows, () => {
    if (!rows.length) return el("p", { class: "none" }, "No request yet. The newest will be listed here.");
    return el(
      "table",
      { class: "feed" },
      el("caption", { class: "unseen" }, "Newest requests. Open one to see what was changed."),
      el("thead", {}, el("tr", {}, [["Time"], ["Model"], ["New tool outputs", true], ["Tokens", true], ["Saved", true], ["Net", true], ["Took", true], ["Result"]].map(([title, number]) => el("th", { scope: "col", class: number ? "number" : null }, title)))),
      el("tbody", { on: { keydown: move } }, rows.map(line)),
    );
  });
}

function line(row) {
  const [text, kind] = words.outcome(row.outcome);
  const open = () => show(row.request_id);
  const by = [row.client, row.project].filter(Boolean).join(" · ");
  return el(
    "tr",
    { on: { click: (event) => { if (!event.target.closest("button")) open(); } } },
    el("th", { scope: "row" }, el("button", { type: "button", class: "link", "data-key": row.request_id, "aria-haspopup": "dialog", "aria-label": `Open the request of ${f.clock(row.timestamp)}, ${row.model}`, on: { click: open } }, f.clock(row.timestamp))),
    el("td", { class: "who" }, el("span", { class: "name" }, row.model), by ? el("span", { class: "sub" }, by) : null),
    el("td", { class: "number outputs" }, row.new_blocks ? `${f.count(row.new_blocks)}` : "–", row.new_compressed_blocks ? el("span", { class: "sub" }, `${f.count(row.new_compressed_blocks)} ${row.sent === "shadow" ? "would be shortened" : "shortened"}`) : null),
    el("td", { class: "number tokens" }, f.count(row.tokens_before), el("span", { class: "arrow", "aria-label": "to" }, " → "), f.count(row.tokens_after)),
    el("td", { class: "number saved" }, row.tokens_saved > 0 ? f.percent(row.savings_percent) : "–"),
    el("td", { class: "number net" }, row.net_saved_usd ? f.dollars(row.net_saved_usd) : "–"),
    el("td", { class: "number took" }, f.milliseconds(row.latency_ms)),
    el("td", { class: "result" }, el("span", { class: `badge ${kind}` }, text), row.rescued ? el("span", { class: "badge warn" }, "rewrite refused") : null),
  );
}

function move(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  if (at < 0 || (!step && event.key !== "Home" && event.key !== "End")) return;
  event.preventDefault();
  const to = step ? at + step : event.key === "Home" ? 0 : buttons.length - 1;
  buttons[Math.min(buttons.length - 1, Math.max(0, to))].focus();
}

// -- one request ----------------------------------------------------------------------------------------------------
export function setUp() {
  const dialog = byId("detail");
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => {
    const from = opened;
    opened = null;
    byId("feed").querySelector(`[data-key="${CSS.escape(from ?? "")}"]`)?.focus();
  });
}

async function fetched(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  if (answer.ok) return answer.json();
  if (answer.status === 404) throw new Error("This request is no longer kept in memory. The request log (--log-file) keeps them for good.");
  throw new Error(`headroom answered ${answer.status}.`);
}

export async function show(id) {
  const dialog = byId("detail");
  opened = id;
  dialog.replaceChildren(frame("Request", [el("p", { class: "none" }, "Loading…")]));
  if (!dialog.open) dialog.showModal();
  try {
    const row = await fetched(`/dashboard/requests/${encodeURIComponent(id)}`);
    if (opened === id) dialog.replaceChildren(...request(row));
  } catch (error) {
    if (opened === id) dialog.replaceChildren(frame("Request", [el("p", { class: "none" }, error.message)]));
  }
  dialog.querySelector("h2")?.focus();
}

function frame(title, rest, row = null) {
  const at = row ? rows.findIndex((one) => one.request_id === row.request_id) : -1;
  const step = (by, text) => {
    const other = at >= 0 ? rows[at + by] : null;
    return el("button", { type: "button", class: "ghost", disabled: !other, on: { click: () => other && show(other.request_id) } }, text);
  };
  return el(
    "div",
    { class: "sheet" },
    el("header", {}, el("h2", { id: "detail-title", tabindex: "-1" }, title), row ? el("span", { class: "steps" }, step(1, "Older"), step(-1, "Newer")) : null, el("button", { type: "button", class: "ghost", on: { click: () => byId("detail").close() } }, "Close")),
    rest,
  );
}

const SENT = {
  rewritten: "The tool outputs below were sent in their shorter form; every other byte went on as it came.",
  unchanged: "The request went on byte for byte as it came.",
  original: "The provider refused the shorter form, so the client’s own bytes were sent once more and answered.",
  shadow: "Shadow mode: nothing was changed; the shorter forms show what would have been sent.",
};

function request(row) {
  const [text, kind] = words.outcome(row.outcome);
  const billed = sum(row);
  const facts = [
    ["Tokens", [f.count(row.tokens_before), el("span", { "aria-label": "to" }, " → "), f.count(row.tokens_after)], `${row.tokens_saved ? `${f.count(row.tokens_saved)} fewer, by` : "by"} headroom’s count${row.context_window ? ` · ${f.percent((100 * row.tokens_after) / row.context_window)} of the model’s window` : ""}`],
    ["Net savings", f.dollars(row.net_saved_usd), `estimated · ${f.count(row.net_tokens_saved)} tokens`],
    ["Spent", f.dollars(row.cost_usd), row.cost_basis],
    ["Provider billed", billed ? `${f.count(billed)} in, ${f.count(row.output_tokens)} out` : "no report", billed ? `${f.count(row.cache_read_tokens)} read from its cache, ${f.count(row.cache_write_tokens)} written` : row.usage_basis === "none" ? "" : row.usage_basis],
    ["Took", f.milliseconds(row.latency_ms), `${f.milliseconds(row.overhead_ms)} of it in headroom${row.ttfb_ms === null ? "" : ` · first byte after ${f.milliseconds(row.ttfb_ms)}`}`],
    ["From", row.client ?? "unknown client", row.project ? `project ${row.project}` : "no project named"],
  ];
  const notes = [
    SENT[row.sent],
    row.passthrough_reason && row.sent === "unchanged" ? `${words.reason(row.passthrough_reason)}. ${words.reasonHelp(row.passthrough_reason) ?? ""}` : null,
    row.tool_tokens > 0 ? `The look-up tool was added (${f.count(row.tool_tokens)} tokens).` : null,
    row.rounds > 0 ? `The model looked something up ${row.rounds === 1 ? "once" : `${row.rounds} times`}; headroom answered (${f.count(row.retrieved_tokens)} tokens).` : null,
    row.cache_lost_tokens > 0 ? `${f.count(row.cache_lost_tokens)} tokens had to be read anew by the provider.` : null,
    row.retries > 0 ? `Tried again ${row.retries === 1 ? "once" : `${row.retries} times`}.` : null,
    row.error ? `Error: ${row.error}` : null,
  ].filter(Boolean);
  const viewer = el("div", { class: "viewer", id: "viewer" });
  const fresh = row.decisions.filter((one) => one.new).reverse();
  const seen = row.decisions.filter((one) => !one.new).reverse();
  const buttons = [];
  const list = (found) => el("ul", { class: "decisions" }, found.map((one) => el("li", {}, decision(row, one, viewer, buttons))));
  const sheet = frame(
    row.model,
    [
      el("div", { class: "body" },
        el("p", { class: "meta" }, el("span", { class: `badge ${kind}` }, text, row.status ? ` · ${row.status}` : ""), `${f.clock(row.timestamp)} · ${row.provider} · ${row.endpoint}${row.stream ? " · streamed" : ""}`, el("code", {}, row.request_id)),
        el("dl", { class: "tiles small" }, facts.map(([name, value, note]) => el("div", { class: "tile" }, el("dt", {}, name), el("dd", { class: "value" }, value), el("dd", { class: "sub" }, note)))),
        el("p", { class: "notes" }, notes.join(" ")),
        row.decisions.length
          ? el("div", { class: "panes" },
              el("section", { "aria-label": "Decisions" },
                el("h3", {}, "Tool outputs"),
                fresh.length ? [el("h4", {}, "New in this request"), list(fresh)] : null,
                seen.length ? [el("h4", {}, "Seen before: sent the same again", hint("What was sent once is sent the same with each later request, so that the provider’s cache holds.")), list(seen)] : null,
                row.omitted_blocks ? el("p", { class: "sub" }, `${f.count(row.omitted_blocks)} earlier ones are not listed.`) : null,
              ),
              viewer,
            )
          : el("p", { class: "none" }, "This request held no tool output."),
      ),
    ],
    row,
  );
  const first = [...fresh, ...seen].find((one) => one.decision === "compressed") ?? fresh[0] ?? seen[0];
  if (first) buttons.find(([number]) => number === first.number)[1].click();
  return [sheet];
}

function decision(row, one, viewer, buttons) {
  const short = one.decision === "compressed";
  const tokens = short ? `${f.count(one.tokens_before)} → ${f.count(one.tokens_after)}` : one.tokens_before ? f.count(one.tokens_before) : f.bytes(one.bytes);
  const button = el(
    "button",
    { type: "button", class: "decision", "aria-pressed": "false", "aria-controls": "viewer" },
    el("span", { class: "name" }, one.tool ?? "tool output", el("span", { class: "sub" }, one.kind ? words.kind(one.kind) : "")),
    el("span", { class: "number" }, tokens, short ? el("span", { class: "sub" }, `${f.percent(f.share(one.tokens_before - one.tokens_after, one.tokens_before))} saved`) : el("span", { class: "sub" }, short ? "" : "sent as it came")),
    el("span", { class: "why" }, short ? el("span", { class: "badge good" }, words.transform(one.why)) : el("span", { class: "badge" }, words.reason(one.why)), short ? el("span", { class: "badge" }, one.lossless ? "nothing lost" : one.retrievable ? "can be fetched back" : "shortened") : null),
  );
  button.addEventListener("click", () => {
    for (const [, other] of buttons) other.setAttribute("aria-pressed", String(other === button));
    view(row, one, viewer);
  });
  buttons.push([one.number, button]);
  return button;
}

async function view(row, one, viewer) {
  const token = {};
  viewer.token = token;
  let block;
  try {
    block = await fetched(`/dashboard/requests/${encodeURIComponent(row.request_id)}/blocks/${one.number}`);
  } catch (error) {
    if (viewer.token === token) viewer.replaceChildren(el("p", { class: "none" }, error.message));
    return;
  }
  if (viewer.token !== token) return;
  const pane = el("div", { class: "code", role: "tabpanel", tabindex: "0", id: "viewer-text", "aria-labelledby": "view-0" });
  const changed = block.after !== null;
  const changes = changed ? lines(block.before, block.after) : [];
  const views = changed
    ? [["Diff", () => diff(changes)], ["Side by side", () => beside(block)], ["Before", () => plain(block.before)], ["After", () => plain(block.after)]]
    : [["Text", () => plain(block.before)]];
  const tabs = views.map(([name], index) => el("button", { type: "button", role: "tab", id: `view-${index}`, "aria-controls": "viewer-text", "aria-selected": "false", on: { click: () => pick(index) } }, name));
  const pick = (index, focus = false) => {
    tabs.forEach((tab, at) => {
      tab.setAttribute("aria-selected", String(at === index));
      tab.tabIndex = at === index ? 0 : -1;
    });
    if (focus) tabs[index].focus();
    pane.setAttribute("aria-labelledby", `view-${index}`);
    pane.replaceChildren(...views[index][1]());
    pane.scrollTop = 0;
  };
  const head = el("div", { class: "tabs", role: "tablist", "aria-label": "How to show the text" }, tabs);
  head.addEventListener("keydown", (event) => {
    const at = tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1 }[event.key];
    if (to !== undefined) pick((to + tabs.length) % tabs.length, true);
  });
  const help = one.decision === "compressed" ? null : words.reasonHelp(one.why);
  viewer.replaceChildren(
    el("div", { class: "viewer-head" }, head, el("p", { class: "sub" }, changed ? `${f.count(block.chars_before)} → ${f.count(block.chars_after)} characters` : `${f.count(block.chars_before)} characters, sent exactly so`, block.cut ? " · only the beginning is shown" : "")),
    help ? el("p", { class: "notes" }, help) : "",
    pane,
  );
  // Where hardly a line stayed, as in a re-encoded table, a diff tells less than both texts next to each other.
  const stayed = changes.filter((change) => change.kind === "same" && change.text.trim()).length;
  const sent = changes.filter((change) => change.kind !== "gone" && change.text.trim()).length;
  pick(changed && stayed < sent / 4 && matchMedia("(min-width: 821px)").matches ? 1 : 0);
}

function beside(block) {
  const column = (title, text) => el("section", { class: "column", "aria-label": title }, el("h4", {}, title), el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${title}, text` }, plain(text)));
  return [el("div", { class: "columns" }, column("Before", block.before), column("After", block.after))];
}

const LIMIT = 5000;

function plain(text) {
  const all = text.split("\n");
  const made = all.slice(0, LIMIT).map((one, index) => el("div", { class: "line" }, el("span", { class: "gutter", "aria-hidden": "true" }, String(index + 1)), el("span", {}, one)));
  if (all.length > LIMIT) made.push(el("p", { class: "none" }, `${f.count(all.length - LIMIT)} more lines are not shown.`));
  return made;
}

const SIGN = { same: " ", gone: "−", come: "+" };
const SPOKEN = { gone: "left out: ", come: "sent instead: " };

function one(change) {
  return el(
    "div",
    { class: `line ${change.kind}` },
    el("span", { class: "gutter", "aria-hidden": "true" }, String(change.old ?? "")),
    el("span", { class: "gutter", "aria-hidden": "true" }, String(change.new ?? "")),
    el("span", { class: "sign", "aria-hidden": "true" }, SIGN[change.kind]),
    el("span", {}, SPOKEN[change.kind] ? el("span", { class: "unseen" }, SPOKEN[change.kind]) : null, change.text),
  );
}

// Long runs are folded: unchanged ones to three lines of context, the rest to their beginning.
function diff(changes) {
  const made = [];
  for (let at = 0; at < changes.length; ) {
    let end = at;
    while (end < changes.length && changes[end].kind === changes[at].kind) end += 1;
    const run = changes.slice(at, end);
    const same = changes[at].kind === "same";
    const most = same ? FOLD : RUN;
    if (run.length <= most) made.push(...run.map(one));
    else {
      const head = same ? (at === 0 ? 0 : 3) : RUN - 20;
      const tail = same ? (end === changes.length ? 0 : 3) : 5;
      made.push(...run.slice(0, head).map(one), fold(run.slice(head, run.length - tail)), ...run.slice(run.length - tail).map(one));
    }
    at = end;
  }
  return made;
}

function fold(run) {
  const what = { same: "unchanged", gone: "left out", come: "sent instead" }[run[0].kind];
  const button = el("button", { type: "button", class: `fold ${run[0].kind}` }, `Show ${f.count(run.length)} more lines ${what}`);
  button.addEventListener("click", () => button.replaceWith(...run.slice(0, LIMIT).map(one)));
  return button;
}
