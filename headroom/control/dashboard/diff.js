// A line diff: Myers' O(ND) where it is quick, else a walk that matches each line with its next copy.
const MOST_EDITS = 1500;

export function lines(before, after) {
  const a = before.split("\n");
  const b = after.split("\n");
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let tail = 0;
  while (tail < a.length - start && tail < b.length - start && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const left = a.slice(start, a.length - tail);
  const right = b.slice(start, b.length - tail);
  const pairs = myers(left, right) ?? walk(left, right);
  const result = [];
  const same = (count, from, to) => {
    for (let i = 0; i < count; i += 1) result.push({ kind: "same", text: a[from + i], old: from + i + 1, new: to + i + 1 });
  };
  same(start, 0, 0);
  let x = 0;
  let y = 0;
  for (const [i, j] of [...pairs, [left.length, right.length]]) {
    for (; x < i; x += 1) result.push({ kind: "gone", text: left[x], old: start + x + 1 });
    for (; y < j; y += 1) result.push({ kind: "come", text: right[y], new: start + y + 1 });
    if (i < left.length || j < right.length) {
      same(1, start + i, start + j);
      x = i + 1;
      y = j + 1;
    }
  }
  same(tail, a.length - tail, b.length - tail);
  return result;
}

// Pairs of indexes of equal lines, in order; null when the texts differ by more than MOST_EDITS lines.
function myers(a, b) {
  const most = Math.min(a.length + b.length, MOST_EDITS);
  const size = 2 * most + 2;
  let ends = new Int32Array(size);
  const trace = [];
  for (let edits = 0; edits <= most; edits += 1) {
    trace.push(ends.slice(most - edits, most + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      const at = most + k;
      let x = k === -edits || (k !== edits && ends[at - 1] < ends[at + 1]) ? ends[at + 1] : ends[at - 1] + 1;
      let y = x - k;
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x += 1;
        y += 1;
      }
      ends[at] = x;
      if (x >= a.length && y >= b.length) return back(trace, edits, a.length, b.length);
    }
  }
  return null;
}

function back(trace, edits, x, y) {
  const pairs = [];
  for (let d = edits; d >= 0; d -= 1) {
    const ends = trace[d];
    const at = (k) => ends[k + d] ?? 0;
    const k = x - y;
    const from = d === 0 ? 0 : k === -d || (k !== d && at(k - 1) < at(k + 1)) ? k + 1 : k - 1;
    const px = d === 0 ? 0 : at(from);
    const py = d === 0 ? 0 : px - from;
    while (x > px && y > py && x > 0 && y > 0 && (d === 0 || x - y === k) && pairs.length < 1e6) {
      if (d > 0 && (from === k + 1 ? x === px && y === py + 1 : x === px + 1 && y === py)) break;
      x -= 1;
      y -= 1;
      pairs.push([x, y]);
    }
    x = px;
    y = py;
  }
  return pairs.reverse();
}

function walk(a, b) {
  const places = new Map();
  a.forEach((line, index) => {
    const known = places.get(line);
    if (known) known.push(index);
    else places.set(line, [index]);
  });
  const pairs = [];
  let at = 0;
  b.forEach((line, j) => {
    const i = places.get(line)?.find((place) => place >= at);
    if (i === undefined || line.trim() === "") return;
    pairs.push([i, j]);
    at = i + 1;
  });
  return pairs;
}
