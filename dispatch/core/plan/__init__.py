"""The plan: which truck does which jobs, in which order, ending at which workshop. Pure; bounded by iterations, not by time."""
