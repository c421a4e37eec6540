"""The guide as data: prose, terms, references, the worked example, and which label has which term.

Pure: `views/guide.py` draws it.
"""
