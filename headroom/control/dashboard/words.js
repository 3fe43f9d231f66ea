// The names that headroom uses inside, in plain words.
const KINDS = {
  log: "Logs", tests: "Test runs", search: "Search results", vcs: "Version control", snapshot: "Page snapshots", diff: "Diffs", table: "Tables", json: "JSON",
  config: "Configuration", build: "Build output", listing: "File listings", code: "Code", html: "Web pages", markup: "Markup",
  markdown: "Markdown", prose: "Prose", trace: "Stack traces", repeat: "Repeats", cite: "Repeats", other: "Other", command: "Command output", image: "Images",
};
const REASONS = {
  protected: ["Protected", "Output of a tool whose text must stay exact, such as a file that the agent is about to edit."],
  too_small: ["Too small to matter", "Shortening it would save less than it could cost."],
  too_big: ["Too large", "Over the size up to which tool outputs are looked at."],
  too_large: ["Too large", "Over the size up to which tool outputs are looked at."],
  no_gain: ["Nothing to gain", "No shorter form was worth it."],
  unknown_kind: ["Kind not recognised", "None of the compressors knows this kind of text."],
  deadline: ["Out of time", "Not done within HEADROOM_COMPRESSION_DEADLINE_SECONDS; it stays as it is for good, so that the provider's cache holds."],
  barred: ["Barred after a refusal", "The provider refused an earlier rewrite of this conversation."],
  wanted_back: ["Often wanted back", "Earlier conversations asked for such results again, so they go out whole."],
  upstream_refused: ["Provider refused the rewrite", "The client's own bytes were sent instead; the transform is not used again in this conversation."],
  half_character: ["Half a character", "It holds half of an escaped surrogate pair, which not every provider reads alike."],
  signed: ["Signed by the provider", "The message holds signed reasoning and must not change."],
  older_policy: ["Older conversation", "It began under other settings, and what was sent once stays as it was sent."],
  ledger: ["No state store", "The store that pins decisions could not be asked."],
  no_store: ["No state store", "The original could not be kept, so nothing was left out."],
  no_promise: ["Could not be looked up again", "The model could not fetch the original, so nothing was left out."],
  cache_minimum: ["Needed for the provider's cache", "A shorter prompt would fall under the smallest size that the provider caches."],
  roundtrip: ["Failed its check", "The shorter form did not decode to the same text, so it was not used."],
  law: ["Failed its check", "The shorter form broke a rule of faithfulness, so it was not used."],
  shadow: ["Shadow mode", "Savings are only measured; nothing is changed."],
  no_compressible_content: ["No tool output", "The request held nothing that may be shortened."],
  bypass: ["Bypassed", "The client asked for no changes."],
  no_optimize: ["Switched off", "headroom runs with --no-optimize."],
  passthrough: ["Passed on", "Sent exactly as it came."],
  error: ["Internal error", "headroom failed and sent the client's own bytes; its log has the reason."],
  invalid_json: ["Not valid JSON", "A body that headroom can't read is sent as it came."],
  duplicate_key: ["Duplicate keys", "A body that can be read in two ways is sent as it came."],
  shape: ["Unknown form", "A body that headroom can't read is sent as it came."],
  store: ["No state store", "The store could not be asked, so nothing was changed."],
  all_raw: ["All left alone", "Each tool output of the request was left as it came."],
};
const OUTCOMES = {
  ok: ["OK", "good"], cached: ["From headroom's cache", "good"], bypass: ["Bypassed", ""], rate_limited: ["Rate limited", "warn"],
  budget: ["Over budget", "warn"], refused: ["Refused", "warn"], failed: ["Failed", "bad"], aborted: ["Client left", "warn"],
};
const CACHE_MISSES = {
  ttl_expiry: "expired before the next request", prefix_change: "the start of the request changed", unknown: "for an unknown reason",
};
const REFUSALS = {
  refused: ["Rewrites refused", "The provider did not take a rewritten request; the client's own bytes were sent once more."],
  barred: ["Transforms set aside", "Not used any more in a conversation after a refusal."],
  refusals: ["Rewrites refused", "The provider did not take a rewritten request; the client's own bytes were sent once more."],
  deadline: ["Out of time", "Compression took longer than its deadline."],
  store: ["State store away", "Decisions could not be pinned, so nothing was changed."],
  ledger: ["State store away", "Decisions could not be pinned, so nothing was changed."],
  originals: ["Originals could not be kept", "Without its original no text may be left out."],
  hidden_unrecorded: ["A look-up was not recorded", "A retrieval round could not be put back into the conversation."],
};

const plain = (name) => {
  const text = String(name).replaceAll("_", " ").replaceAll(":", ": ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};

export const kind = (name) => (name ? (KINDS[name] ?? plain(name)) : "Not looked at");
export const reason = (name) => REASONS[name]?.[0] ?? plain(name);
export const reasonHelp = (name) => REASONS[name]?.[1] ?? null;
export const refusal = (name) => REFUSALS[name]?.[0] ?? plain(name);
export const refusalHelp = (name) => REFUSALS[name]?.[1] ?? null;
export const outcome = (name) => OUTCOMES[name] ?? [plain(name), ""];
export const cacheMiss = (name) => CACHE_MISSES[name] ?? plain(name);
export const transform = (name) => String(name).split(":").map((part) => part.replaceAll("_", " ")).join(" · ");
