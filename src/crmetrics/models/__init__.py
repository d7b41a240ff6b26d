"""Mathematics: arrays in, frozen results out; no table, no file, no clock."""
