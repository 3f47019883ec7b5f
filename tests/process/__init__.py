"""The assembled parts, each for itself."""
