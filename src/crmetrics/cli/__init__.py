"""Door: the terminal. Its viewer is the administrator of the workspace."""
