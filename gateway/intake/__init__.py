"""From bytes to a finding, each event once. Pure: it is told the hour, and keeps its state in memory."""
