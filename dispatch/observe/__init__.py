"""What operators watch: logs, traces, a heartbeat. Changes no decision."""
