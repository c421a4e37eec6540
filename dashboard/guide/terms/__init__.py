"""The words of the glossary, a module a subject."""
