"""What a lesson is made of: questions, measures, scores, and the answers that a link holds."""
