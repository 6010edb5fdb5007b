"""Domains: problem, prompt, reformulator, critics and instances, one package each."""
