"""The site: ``python -m book.build`` gathers its pages from the repository and lets Sphinx make them.

Nothing is written twice. The front page is README.md, the guides are docs/*.md, the lessons are the notebooks as they
are stored, the glossary is tlnb/course/glossary.toml, and the reference comes from docstrings.
"""
