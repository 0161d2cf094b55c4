"""What every domain may import: refusals, reference data, codes, dates and texts; no storage, transport or process."""
