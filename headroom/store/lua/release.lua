-- Drop a hold (after spending.lua). KEYS: holds, amounts. ARGV: holder.
drop_hold(KEYS[1], KEYS[2], ARGV[1])
return 1
