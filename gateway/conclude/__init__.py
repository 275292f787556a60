"""What every kind of device needs to conclude: readings into the twin, a diagnosis or a person's words into a finding. Pure."""
