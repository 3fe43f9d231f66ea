-- Remove one entry. KEYS as in put.lua; ARGV: key, now, overhead. Returns 1 when it was there and had not expired.
local values, use, expiry, totals = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local key = ARGV[1]
if redis.call('HEXISTS', values, key) == 0 then return 0 end
local ends = redis.call('ZSCORE', expiry, key)
redis.call('HINCRBY', totals, 'bytes', -(#key + redis.call('HSTRLEN', values, key) + tonumber(ARGV[3])))
redis.call('HDEL', values, key)
redis.call('ZREM', use, key)
redis.call('ZREM', expiry, key)
if ends and tonumber(ends) <= tonumber(ARGV[2]) then return 0 end
return 1
