-- Remove all entries of a space. KEYS as in put.lua. Returns how many there were.
local count = redis.call('HLEN', KEYS[1])
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[4], 'bytes', 0)
return count
