"""Generators: language models, functions, transcripts. None of them is ever trusted."""
