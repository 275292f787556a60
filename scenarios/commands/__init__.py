"""The commands of ``callahead``, a file each. Nobody imports them but the command line."""
