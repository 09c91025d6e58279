"""Where sound comes from: every source becomes 16 kHz float32 frames for each party on one call clock."""
