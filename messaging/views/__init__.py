"""The pages about what is said."""
