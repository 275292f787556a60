"""Money in the fault campaign: devices that pay, customers who let them, the house's bank, and what is judged of it all."""
