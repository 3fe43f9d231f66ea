-- Token buckets as GCRA; the same arithmetic as headroom/store/gcra.py, which explains it.
-- A bucket is the string "<tat> <seen>"; none at all is a full one.
local function load_bucket(name, now, clock_jump)
  local text = redis.call('GET', name)
  if not text then return nil end
  local tat, seen = string.match(text, '^(%S+) (%S+)$')
  tat, seen = tonumber(tat), tonumber(seen)
  if seen - now > clock_jump then return {tat - (seen - now), now} end
  return {tat, seen}
end

local function keep_bucket(name, bucket, amount, per_second, now, idle)
  local tat = math.max(bucket[1], now) + amount / per_second
  local text = string.format('%.17g %.17g', tat, math.max(bucket[2], now))
  redis.call('SET', name, text, 'EX', math.ceil(math.max(tat - now, 0) + idle))
end
