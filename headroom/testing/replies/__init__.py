"""Answers in each provider's wire format: one file a format, whole bodies and streams from the same blocks."""
