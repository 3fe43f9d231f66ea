"""Kompress: a ModernBERT token classifier that says which words of a text matter.

``config`` and ``files`` know the published layout, ``words`` cuts a text into windows, ``scores`` holds the one rule that every
backend's numbers go through, ``engine`` runs a backend on a thread of its own, ``remote`` asks another process for the same.
torch, transformers, onnxruntime and tokenizers are imported by the modules that own them, when a model is loaded.
"""
