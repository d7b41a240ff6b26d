"""Finance: what is earned, with whom and on what."""
