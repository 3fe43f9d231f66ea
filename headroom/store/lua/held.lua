-- Live holds (after spending.lua). KEYS: holds, amounts. ARGV: now.
return whole(held_now(KEYS[1], KEYS[2], ARGV[1]))
