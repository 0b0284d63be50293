"""Network filters, one file a feature; `chain` holds their one order."""
