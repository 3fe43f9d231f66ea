// Asks for the figures every few seconds while someone looks, and hands them to the parts of the page.
import { byId } from "./dom.js";
import * as feed from "./feed.js";
import * as f from "./format.js";
import * as past from "./history.js";
import { groupTabs, overview } from "./overview.js";
import { welcome } from "./welcome.js";

const EVERY = 5_000;
const HISTORY_EVERY = 60_000;
const PATIENCE = 10_000;
const SPEAK_EVERY = 60_000;

let timer = 0;
let running = false;
let historyAt = 0;
let historySeen = null;
let spokenAt = Date.now();
let spoken = null;

// A hidden page asks no more, whatever still arrives from before.
function state(kind, text) {
  if (document.hidden) [kind, text] = ["", "Paused"];
  byId("state-dot").className = `dot ${kind}`;
  if (byId("state-text").textContent !== text) byId("state-text").textContent = text;
}

function problem(text) {
  const node = byId("problem");
  if (node.textContent !== text) node.textContent = text;
  node.hidden = !text;
}

// Said to screen readers once a minute at most, and only when something happened.
function speak(stats) {
  const total = stats.requests?.total ?? 0;
  if (spoken === null) spoken = total;
  if (total === spoken || Date.now() - spokenAt < SPEAK_EVERY) return;
  spokenAt = Date.now();
  byId("spoken").textContent = `${f.count(total - spoken)} new requests; net savings of this process ${f.dollars(stats.savings?.net?.usd ?? 0)}`;
  spoken = total;
}

// A payload made for somebody else may be some seconds old: good enough while watching, not for a first look.
async function update(fresh) {
  const signal = AbortSignal.timeout(PATIENCE);
  const answer = await fetch(fresh ? "/stats" : "/stats?cached=1", { signal, headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(`/stats answered ${answer.status}`);
  const stats = await answer.json();
  const total = stats.requests?.total ?? 0;
  const empty = total === 0 && !(stats.persistent_savings?.lifetime?.requests > 0);
  welcome(total === 0);
  document.body.classList.toggle("empty", empty);
  overview(stats, await feed.load(signal));
  speak(stats);
  if (historySeen === null || (total !== historySeen && Date.now() - historyAt >= HISTORY_EVERY) || (historySeen === 0 && total > 0)) {
    await past.load(signal);
    historySeen = total;
    historyAt = Date.now();
  }
  document.body.classList.add("ready");
}

async function round(fresh = false) {
  if (running) return;
  running = true;
  clearTimeout(timer);
  try {
    await update(fresh);
    state("live", "Live");
    problem("");
  } catch (error) {
    const away = error instanceof TypeError || error.name === "TimeoutError" || error.name === "AbortError";
    state("down", away ? "No answer" : "Trouble");
    problem(away ? "headroom does not answer. The figures below are the last that arrived; this page goes on asking." : `Some figures could not be read: ${error.message}`);
    if (!away) console.warn(error);
  } finally {
    running = false;
    if (!document.hidden) timer = setTimeout(() => round(), EVERY);
  }
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (document.hidden) state();
  else round(true);
});

// -- light, dark, or as the system has it -------------------------------------------------------------------------------
const THEMES = ["system", "light", "dark"];
let theme = document.documentElement.dataset.theme ?? "system";

function showTheme() {
  byId("theme").textContent = `Theme: ${theme}`;
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  document.dispatchEvent(new Event("headroom-theme"));
}

byId("theme").addEventListener("click", () => {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  try {
    localStorage.setItem("headroom-theme", theme);
  } catch {
    // Storage is forbidden in this browser: the choice lasts as long as the page.
  }
  showTheme();
});

showTheme();
groupTabs();
feed.setUp();
past.setUp();
round(true);
