"""Sales: what is sold, where deals are lost, and how long things take."""
