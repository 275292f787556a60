"""Who can take a call: what it needs of an agent, step by step, and who has that and room for it. Whose turn it is, others say."""
