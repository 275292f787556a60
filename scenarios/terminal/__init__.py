"""What commands share: exit codes, tables and progress bars, commands imported when they are called."""
