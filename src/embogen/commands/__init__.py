"""The commands, grouped by what they are for: each makes one library call and prints."""
