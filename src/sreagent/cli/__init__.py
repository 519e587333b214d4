"""What a person types, and what they see. The only room that knows a terminal."""
