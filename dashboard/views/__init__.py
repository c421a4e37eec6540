"""One file a page: controls in, results computed, figures and words shown. No maths here."""
