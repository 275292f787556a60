"""What the desk sees to, a duty a file; each knows the ones it needs, none knows the desk."""
