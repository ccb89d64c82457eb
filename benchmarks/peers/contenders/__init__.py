"""One contender a file: a function ``train(task, data, watch)`` that trains and tells the watch of each step.

A file imports its library at its top: how long that takes is measured.
"""
