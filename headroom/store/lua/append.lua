-- Add a row to a stream with the next number. KEYS: rows (stream), counter. ARGV: keep, now, body, forget_after.
local seq = redis.call('INCR', KEYS[2])
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[1], string.format('%.0f-1', seq), 'w', ARGV[2], 'b', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[4])
return seq
