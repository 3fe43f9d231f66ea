-- Write entries within the bounds of their space, or none of them.
-- KEYS: values (hash), use (zset), expiry (zset), totals (hash)
-- ARGV: once, now, ttl (-1: none), max_bytes, max_entries (-1: none), idle (-1: none), protect, overhead, forget_after,
--       then key, value, key, value, ...
-- Returns the values that stand, in order; an error starting with NOROOM when there is no room.
local values, use, expiry, totals = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local once, now, ttl = ARGV[1] == '1', tonumber(ARGV[2]), tonumber(ARGV[3])
local max_bytes, max_entries = tonumber(ARGV[4]), tonumber(ARGV[5])
local idle, protect, overhead = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])

local function size_of(key)
  return #key + redis.call('HSTRLEN', values, key) + overhead
end

local function drop(key)
  redis.call('HINCRBY', totals, 'bytes', -size_of(key))
  redis.call('HDEL', values, key)
  redis.call('ZREM', use, key)
  redis.call('ZREM', expiry, key)
end

for _, key in ipairs(redis.call('ZRANGEBYSCORE', expiry, '-inf', ARGV[2], 'LIMIT', 0, 16)) do
  drop(key)
end
if idle >= 0 then
  local before = string.format('(%.17g', now - idle)
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', use, '-inf', before, 'LIMIT', 0, 16)) do
    drop(key)
  end
end

local standing, fresh, spared = {}, {}, {}
local over_bytes = tonumber(redis.call('HGET', totals, 'bytes') or '0') - max_bytes
local over_entries = max_entries >= 0 and redis.call('HLEN', values) - max_entries or 0
for i = 10, #ARGV, 2 do
  local key, value = ARGV[i], ARGV[i + 1]
  local old = redis.call('HGET', values, key)
  local ends = redis.call('ZSCORE', expiry, key)
  if once and old and not (ends and tonumber(ends) <= now) then
    standing[#standing + 1] = old
    spared[key] = true
    redis.call('ZADD', use, 'GT', ARGV[2], key)
  else
    standing[#standing + 1] = value
    fresh[#fresh + 1] = {key, value}
    spared[key] = true
    over_bytes = over_bytes + #key + #value + overhead - (old and size_of(key) or 0)
    if max_entries >= 0 and not old then over_entries = over_entries + 1 end
  end
end

local horizon = protect > 0 and string.format('%.17g', now - protect) or '+inf'
local victims, offset = {}, 0
while #fresh > 0 and (over_bytes > 0 or over_entries > 0) do
  local some = redis.call('ZRANGEBYSCORE', use, '-inf', horizon, 'LIMIT', offset, 64)
  if #some == 0 then
    return redis.error_reply('NOROOM')
  end
  offset = offset + #some
  for _, key in ipairs(some) do
    if not spared[key] and (over_bytes > 0 or over_entries > 0) then
      victims[#victims + 1] = key
      over_bytes = over_bytes - size_of(key)
      over_entries = over_entries - 1
    end
  end
end
for _, key in ipairs(victims) do drop(key) end
if #victims > 0 then redis.call('HINCRBY', totals, 'evicted', #victims) end

for _, pair in ipairs(fresh) do
  local key, value = pair[1], pair[2]
  if redis.call('HEXISTS', values, key) == 1 then drop(key) end
  redis.call('HSET', values, key, value)
  redis.call('ZADD', use, ARGV[2], key)
  if ttl >= 0 then redis.call('ZADD', expiry, string.format('%.17g', now + ttl), key) end
  redis.call('HINCRBY', totals, 'bytes', size_of(key))
end
for _, name in ipairs(KEYS) do redis.call('EXPIRE', name, ARGV[9]) end
return standing
