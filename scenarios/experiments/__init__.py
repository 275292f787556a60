"""Many runs of stories, side by side: two policies on the same seeds, or one story over ranges of its values."""
