"""What every domain may import: rules, codes, dates and words; pure, without storage, transport or process."""
