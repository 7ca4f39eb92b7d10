"""HTML as text with blocks: what a page says, in order, and what the tree tells of each piece."""
