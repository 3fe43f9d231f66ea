// Elements without markup in strings: text can never become HTML.
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") made.className = value;
    else if (key === "on") for (const [event, handler] of Object.entries(value)) made.addEventListener(event, handler);
    else if (key === "width%") made.style.width = `${value}%`;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export const byId = (id) => document.getElementById(id);

let tips = 0;

// A question mark that explains a word: on hover, on focus, and to screen readers.
export function hint(text) {
  const id = `tip-${(tips += 1)}`;
  const tip = el("span", { role: "tooltip", id }, text);
  const show = (event) => {
    tip.classList.add("shown");
    const at = event.currentTarget.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = tip;
    const left = Math.min(Math.max(12, at.left + at.width / 2 - width / 2), document.documentElement.clientWidth - width - 12);
    const below = at.bottom + 8;
    tip.style.left = `${left}px`;
    tip.style.top = `${below + height > innerHeight - 8 ? at.top - height - 8 : below}px`;
  };
  const hide = () => tip.classList.remove("shown");
  const onKey = (event) => {
    if (event.key !== "Escape" || !tip.classList.contains("shown")) return;
    event.preventDefault();
    hide();
  };
  // A no-break space keeps the mark beside its word.
  const mark = el(
    "span",
    { class: "hint" },
    el("button", { type: "button", "data-key": `hint ${text}`, "aria-label": "What is this?", "aria-describedby": id, on: { mouseenter: show, focus: show, click: show, mouseleave: hide, blur: hide, keydown: onKey } }, "?"),
    tip,
  );
  return ["\u00a0", mark];
}

export function meter(value, label, kind = "") {
  const shown = Math.min(100, Math.max(0, value));
  return el(
    "div",
    { class: `meter ${kind}`, role: "meter", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": shown.toFixed(1) },
    el("span", { "width%": shown }),
  );
}

// Replaces what a container shows, unless it shows the same already; keeps the focus in it where it was.
const shownBefore = new WeakMap();
export function render(container, state, make) {
  const key = JSON.stringify(state);
  if (shownBefore.get(container) === key) return;
  const focused = container.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  shownBefore.set(container, key);
  container.replaceChildren(...[make()].flat().filter((node) => node !== null));
  if (focused) container.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

// columns: {title, cell(row), number, hint}. The first column heads its row.
export function table(caption, columns, rows, { empty = "Nothing yet." } = {}) {
  if (!rows.length) return el("p", { class: "none" }, empty);
  return el(
    "table",
    {},
    el("caption", { class: "unseen" }, caption),
    el("thead", {}, el("tr", {}, columns.map((column) => el("th", { scope: "col", class: column.number ? "number" : null }, column.title, column.hint ? [" ", hint(column.hint)] : null)))),
    el(
      "tbody",
      {},
      rows.map((row) =>
        el(
          "tr",
          {},
          columns.map((column, index) => el(index ? "td" : "th", { scope: index ? null : "row", class: column.number ? "number" : null }, column.cell(row))),
        ),
      ),
    ),
  );
}
