"""What is known of each device: whose it is, its twin, its order of events, its clock, its episodes. Pure."""
