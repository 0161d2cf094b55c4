"""What the suite is made of: its bills of materials (CycloneDX), and the licences that they may name."""
