"""Whether the customer of a call is who they say: by their voice, by questions, on their own telephone. Knows no sound."""
