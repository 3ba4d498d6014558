"""Text that comes from elsewhere: cleaned, redacted and formatted. Imports nothing else of tvtui."""
