-- Put tokens back, or charge them after the fact (after buckets.lua).
-- KEYS: bucket. ARGV: now, clock_jump, idle, amount, per_second.
local now, amount = tonumber(ARGV[1]), tonumber(ARGV[4])
local bucket = load_bucket(KEYS[1], now, tonumber(ARGV[2]))
if not bucket then
  if amount >= 0 then return 0 end
  bucket = {now, now}
end
keep_bucket(KEYS[1], bucket, -amount, tonumber(ARGV[5]), now, tonumber(ARGV[3]))
return 1
