// What a newcomer sees: how to send the first request here.
import { byId, el } from "./dom.js";

const base = location.origin;
const RECIPES = [
  ["Claude Code", `ANTHROPIC_BASE_URL=${base} claude`, "Any client of Anthropic’s API reads the same variable."],
  ["OpenAI SDK and most tools", `export OPENAI_BASE_URL=${base}/v1`, "Set it, then start your program from the same shell."],
  ["Gemini CLI", `GOOGLE_GEMINI_BASE_URL=${base} gemini`, "With an API key in GEMINI_API_KEY."],
  ["No key at hand?", "headroom demo", "Plays an agent’s session against a scripted provider on this machine, and compares the bills."],
  ["Codex", `codex -c model_provider=headroom -c 'model_providers.headroom={name="headroom",base_url="${base}/v1",env_key="OPENAI_API_KEY",wire_api="responses"}'`, "With an API key in OPENAI_API_KEY."],
  ["curl", `curl ${base}/v1/messages -H "x-api-key: $ANTHROPIC_API_KEY" -H "anthropic-version: 2023-06-01" -H "content-type: application/json" -d '{"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}'`, "One request, to see that the way is open."],
];

async function copy(text, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    done = false;
    const code = button.parentElement.querySelector("code");
    getSelection().selectAllChildren(code);
  }
  button.textContent = done ? "Copied" : "Press Ctrl+C";
  byId("spoken").textContent = done ? "Copied to the clipboard" : "Selected; press Control C to copy";
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

export function welcome(show) {
  const section = byId("welcome");
  section.hidden = !show;
  if (!show || section.childElementCount) return;
  section.append(
    el("div", { class: "card welcome" },
      el("p", { class: "label" }, "headroom is running and waits for its first request"),
      el("h2", { id: "welcome-title" }, "Point an agent here"),
      el("p", { class: "lead" }, "Keep your API key and your model; only the address changes. headroom shortens tool outputs on their way to the provider, and this page begins to count with the first request."),
      el("ol", { class: "recipes" }, RECIPES.map(([name, command, note]) =>
        el("li", { class: command.length > 150 ? "wide" : null },
          el("h3", {}, name),
          el("div", { class: "command" }, el("code", { tabindex: "0" }, command), el("button", { type: "button", class: "ghost", "aria-label": `Copy the command for ${name}`, on: { click: (event) => copy(command, event.currentTarget) } }, "Copy")),
          el("p", { class: "sub" }, note),
        ))),
    ),
  );
}
