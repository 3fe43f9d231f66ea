-- Spending since a moment (after spending.lua). ARGV: prefix, minute, hour, day. KEYS: the days.
return whole(spent_since(ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])))
