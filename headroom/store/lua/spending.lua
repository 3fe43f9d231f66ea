-- Spending in whole nano-dollars, summed by minute, hour and day; see headroom/store/spending.py.
-- <prefix>:m:<hour> holds the minutes of an hour, <prefix>:h:<day> the hours of a day, <prefix>:d the days. All keys share
-- the prefix and its hash tag, hence one cluster slot.
local KEEP = 40 * 86400

local function whole(number)
  return string.format('%.0f', number + 0) -- plus zero: a negative zero is no integer to Redis
end

local function book(prefix, wall, amount)
  local minute, hour, day = wall - wall % 60, wall - wall % 3600, wall - wall % 86400
  local minutes, hours = prefix .. ':m:' .. whole(hour), prefix .. ':h:' .. whole(day)
  redis.call('HINCRBY', minutes, whole(minute), whole(amount))
  redis.call('EXPIRE', minutes, KEEP)
  redis.call('HINCRBY', hours, whole(hour), whole(amount))
  redis.call('EXPIRE', hours, KEEP)
  redis.call('HINCRBY', prefix .. ':d', whole(day), whole(amount))
  redis.call('EXPIRE', prefix .. ':d', 10 * KEEP)
end

local function between(key, first, stop)
  local sum, fields = 0, redis.call('HGETALL', key)
  for i = 1, #fields, 2 do
    local start = tonumber(fields[i])
    if start >= first and (not stop or start < stop) then sum = sum + tonumber(fields[i + 1]) end
  end
  return sum
end

local function spent_since(prefix, minute, hour, day)
  return between(prefix .. ':m:' .. whole(minute - minute % 3600), minute, hour)
    + between(prefix .. ':h:' .. whole(hour - hour % 86400), hour, day)
    + between(prefix .. ':d', day, nil)
end

local function drop_hold(holds, amounts, holder)
  redis.call('ZREM', holds, holder)
  redis.call('HDEL', amounts, holder)
end

local function held_now(holds, amounts, now)
  for _, holder in ipairs(redis.call('ZRANGEBYSCORE', holds, '-inf', now)) do
    drop_hold(holds, amounts, holder)
  end
  local sum = 0
  for _, amount in ipairs(redis.call('HVALS', amounts)) do sum = sum + tonumber(amount) end
  return sum
end
