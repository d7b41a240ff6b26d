"""Records of the same person or company: made comparable, compared, scored, put into groups."""
