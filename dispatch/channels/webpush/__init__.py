"""Web Push: notifications to browsers that agreed to them, encrypted for them alone (RFC 8030, 8188, 8291, 8292)."""
