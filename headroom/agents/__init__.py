"""Command-line agents: what each one needs so that it talks to its provider through us."""
