// Numbers and times as people read them.
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const brief = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
const MINUS = "−";

const signed = (text) => text.replace("-", MINUS);
const known = (value) => typeof value === "number" && Number.isFinite(value);

export const count = (value) => (known(value) ? signed(whole.format(value)) : "–");
export const short = (value) => (known(value) ? signed(Math.abs(value) < 10_000 ? whole.format(value) : brief.format(value)) : "–");

export function dollars(value) {
  if (!known(value)) return "–";
  const size = Math.abs(value);
  const digits = size === 0 || size >= 1 ? 2 : size >= 0.01 ? 3 : 4;
  const text = size.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (value < 0 && Number(text.replaceAll(",", "")) !== 0 ? MINUS : "") + "$" + text;
}

// All marks of one axis with the same number of digits.
export function dollarScale(values) {
  const step = Math.min(...values.map(Math.abs).filter((value) => value > 0), Infinity);
  const digits = step >= 1 && step % 1 === 0 ? 0 : step >= 0.1 ? 2 : step >= 0.01 ? 3 : 4;
  return values.map((value) => (value < 0 ? MINUS : "") + "$" + Math.abs(value).toFixed(digits));
}

export function percent(value) {
  if (!known(value)) return "–";
  const digits = value !== 0 && Math.abs(value) < 10 ? 1 : 0;
  return signed(value.toFixed(digits)) + " %";
}

export function share(part, wholeAmount) {
  return wholeAmount > 0 ? Math.min(100, Math.max(0, (100 * part) / wholeAmount)) : 0;
}

export function milliseconds(value) {
  if (!known(value)) return "–";
  if (value >= 10_000) return (value / 1000).toFixed(0) + " s";
  if (value >= 1000) return (value / 1000).toFixed(1) + " s";
  return (value >= 10 ? value.toFixed(0) : value.toFixed(1)) + " ms";
}

export function duration(seconds) {
  if (!known(seconds)) return "–";
  const steps = [["d", 86_400], ["h", 3600], ["min", 60]];
  for (const [index, [unit, size]] of steps.entries()) {
    if (seconds >= size) {
      const rest = steps[index + 1];
      const left = rest ? Math.floor((seconds % size) / rest[1]) : 0;
      return `${Math.floor(seconds / size)} ${unit}` + (left ? ` ${left} ${rest[0]}` : "");
    }
  }
  return `${Math.floor(seconds)} s`;
}

export function bytes(value) {
  if (!known(value)) return "–";
  if (value >= 1024 * 1024) return (value / 1024 / 1024).toFixed(value >= 10 * 1024 * 1024 ? 0 : 1) + " MiB";
  return value >= 1024 ? (value / 1024).toFixed(value >= 10_240 ? 0 : 1) + " KiB" : `${count(value)} bytes`;
}

export function clock(iso) {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return "–";
  const today = new Date().toDateString() === moment.toDateString();
  const time = moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return today ? time : moment.toLocaleDateString("en-GB", { day: "numeric", month: "short" }) + " " + time;
}

export function day(iso) {
  const moment = new Date(iso);
  return Number.isNaN(moment.getTime()) ? "–" : moment.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
}

export function bucket(iso, series) {
  const moment = new Date(iso);
  const zone = { timeZone: "UTC" };
  if (series === "hourly") return moment.toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", ...zone });
  if (series === "monthly") return moment.toLocaleDateString("en-GB", { month: "long", year: "numeric", ...zone });
  const text = moment.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", ...zone });
  return series === "weekly" ? `week of ${text}` : text;
}
