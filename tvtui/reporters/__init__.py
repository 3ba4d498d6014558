"""A watch as text: lines, JSON, spoken sentences, Markdown."""
