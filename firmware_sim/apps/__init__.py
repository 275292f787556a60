"""An app on a simulated device: its flows page by page, what it answers, and what it tells of each step. Knows no person."""
