"""What chance alone would give, and how far a finding survives what is left out."""
