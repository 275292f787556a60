"""What a vendor tests a device with: watch it and judge it rule by rule, record what it says, and play it again."""
