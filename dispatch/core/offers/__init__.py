"""What fits whose problem is solved: eligible, suitable, and of those the one to offer. Knows no register and no door."""
