-- Spend from all buckets or from none (after buckets.lua).
-- KEYS: buckets. ARGV: now, clock_jump, early, idle, then cost, capacity, per_second for each bucket.
-- Returns for each bucket: allowed (1 or 0), retry_after, remaining; numbers as text, since Redis cuts them to integers.
local now, clock_jump, early, idle = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local checked, all = {}, true
for i, name in ipairs(KEYS) do
  local cost, capacity, per_second = tonumber(ARGV[3 * i + 2]), tonumber(ARGV[3 * i + 3]), tonumber(ARGV[3 * i + 4])
  local bucket = load_bucket(name, now, clock_jump) or {now, now}
  local remaining = capacity - math.max(bucket[1] - now, 0) * per_second
  local wait = (math.min(cost, capacity) - remaining) / per_second
  if wait > early then all = false end
  checked[i] = {bucket = bucket, cost = cost, per_second = per_second, remaining = remaining, wait = wait}
end
local outcome = {}
for i, name in ipairs(KEYS) do
  local c = checked[i]
  if all then
    keep_bucket(name, c.bucket, c.cost, c.per_second, now, idle)
    c.remaining = c.remaining - c.cost
  end
  local refused = c.wait > early
  outcome[#outcome + 1] = refused and 0 or 1
  outcome[#outcome + 1] = string.format('%.17g', refused and c.wait or 0)
  outcome[#outcome + 1] = string.format('%.17g', c.remaining)
end
return outcome
