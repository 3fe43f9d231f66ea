-- Replace a hold, or what the holder settled before, by what was really spent (after spending.lua).
-- KEYS: holds, amounts, the holder's settlement. ARGV: prefix, holder, amount, now, remember_for, note.
drop_hold(KEYS[1], KEYS[2], ARGV[2])
local wall, before = redis.call('HGET', KEYS[3], 'wall'), redis.call('HGET', KEYS[3], 'nano')
if wall and before then book(ARGV[1], math.floor(tonumber(wall)), -tonumber(before)) end
book(ARGV[1], math.floor(tonumber(ARGV[4])), tonumber(ARGV[3]))
redis.call('HSET', KEYS[3], 'wall', ARGV[4], 'nano', ARGV[3], 'note', ARGV[6])
redis.call('EXPIRE', KEYS[3], ARGV[5])
return 1
