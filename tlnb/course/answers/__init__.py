"""What is asked of the answers to exercises, one module a lesson, each with ``EXERCISES``."""
