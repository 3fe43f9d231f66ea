// Bars over time with uPlot, in the page's own colours. Each chart has a table beside it for those who can't see it.
const made = new Map();

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// values: numbers, one a label. The chart is drawn anew only when its data, size or colours change.
export function bars(holder, { labels, values, format, axisFormat, name, accent }) {
  const state = JSON.stringify([labels, values, holder.clientWidth, colour("--ink"), name]);
  const known = made.get(holder);
  if (known?.state === state) return;
  known?.plot.destroy();
  holder.replaceChildren();
  if (!values.length) {
    made.delete(holder);
    return;
  }
  const ink = colour("--muted");
  const axis = { stroke: ink, font: "12px system-ui, sans-serif", grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const plot = new uPlot(
    {
      width: Math.max(200, holder.clientWidth),
      height: 220,
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      padding: [12, 26, 0, 0],
      scales: { x: { time: false, range: (_plot, low, high) => [low - 0.6, Math.max(high, low) + 0.6] }, y: { range: (_plot, low, high) => [Math.min(0, low), high > 0 ? high * 1.08 : 1] } },
      series: [{}, { label: name, stroke: colour(accent), fill: colour(accent), width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.68, 44], radius: 0.18 }) }],
      axes: [
        { ...axis, size: 28, grid: { show: false }, splits: (plot) => ticks(labels.length, plot.width), values: (_plot, splits) => splits.map((at) => labels[at]?.tick ?? "") },
        { ...axis, size: 62, values: (_plot, splits) => axisFormat(splits) },
      ],
      hooks: { setCursor: [(plot) => follow(plot, holder, labels, values, format)] },
    },
    [values.map((_value, index) => index), values],
    holder,
  );
  plot.root.setAttribute("role", "img");
  plot.root.setAttribute("aria-label", `${name}: bar chart of ${values.length} periods, from ${labels[0].full} to ${labels.at(-1).full}; the figures are in the table below`);
  const tip = document.createElement("div");
  tip.className = "chart-tip";
  tip.hidden = true;
  plot.over.append(tip);
  made.set(holder, { plot, state, tip });
}

function ticks(count, width) {
  const room = Math.max(2, Math.floor(width / 84));
  const step = Math.max(1, Math.ceil(count / room));
  const found = [];
  for (let at = count - 1; at >= 0; at -= step) found.unshift(at);
  return found;
}

function follow(plot, holder, labels, values, format) {
  const tip = made.get(holder)?.tip;
  if (!tip) return;
  const at = plot.cursor.idx;
  tip.hidden = at === null || at === undefined || plot.cursor.left < 0;
  if (tip.hidden) return;
  tip.replaceChildren(document.createElement("strong"), document.createElement("span"));
  tip.firstChild.textContent = format(values[at]);
  tip.lastChild.textContent = labels[at].full;
  const left = plot.valToPos(at, "x");
  tip.style.left = `${Math.min(Math.max(left, 70), plot.over.clientWidth - 70)}px`;
}
