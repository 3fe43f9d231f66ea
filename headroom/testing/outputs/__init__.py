"""Tool outputs for the bundled session: made by seeded code, all our own, in the shapes real tools print."""
