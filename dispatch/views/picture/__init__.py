"""What a dispatcher's page shows, as plain values with hours in them: who looks reckons ages. Pure."""
