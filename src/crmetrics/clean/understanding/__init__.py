"""What unknown files are: their columns understood by words and by values, and proposed as a mapping."""
