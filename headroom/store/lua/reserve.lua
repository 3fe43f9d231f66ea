-- Hold an estimate against the limit (after spending.lua). KEYS: holds (zset by end), amounts (hash).
-- ARGV: prefix, holder, amount, limit, upfront, minute, hour, day, now, expires.
-- Returns allowed (1 or 0), spent, held; amounts as text in nano-dollars.
local amount, limit, upfront = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
drop_hold(KEYS[1], KEYS[2], ARGV[2])
local held = held_now(KEYS[1], KEYS[2], ARGV[9])
local spent = spent_since(ARGV[1], tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]))
if spent + held >= limit or spent + held + upfront > limit then
  return {0, whole(spent), whole(held)}
end
redis.call('ZADD', KEYS[1], ARGV[10], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return {1, whole(spent), whole(held + amount)}
