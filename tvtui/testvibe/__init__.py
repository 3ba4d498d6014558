"""The API of TestVibe: what it says (models) and how to ask it (client). The only package that imports httpx."""
