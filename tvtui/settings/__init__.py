"""Settings: flags, environment variables and files become one frozen value."""
