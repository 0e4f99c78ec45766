"""When: dated assessments become times to events, by stated rules."""
