"""How a party sounds: F0, loudness, voice quality and pace, relative to its own baseline."""
