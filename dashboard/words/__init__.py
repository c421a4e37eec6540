"""Results in, sentences out: every one with its numbers, fit to be a chart's description."""
