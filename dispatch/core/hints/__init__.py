"""What an agent is told while they speak: articles, what a call is about, which article fits, and what became of it. Pure."""
