"""Policy: who may come in, how fast, for how much money, and what is answered from the cache."""
