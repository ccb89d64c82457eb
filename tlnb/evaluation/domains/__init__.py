"""Two domains, or an old task and a new one: how far apart they are, what crosses, and how to choose without labels.

Domains are compared by samples, by layers and by a model's features; classes by how often they occur. A model or a
classifier is scored on the other side, or chosen by what no label of the target has told.
"""
