"""From a party's sound to its words: what to decode and when, and which words of the answers stand."""
