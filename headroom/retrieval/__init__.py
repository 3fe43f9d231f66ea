"""Compression that can be undone: originals, markers, the retrieve tool, and retrieval rounds nobody sees."""
