"""What is told while one works: messages, faults, and what goes on in the background."""
