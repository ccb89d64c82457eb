"""``python -m benchmarks.peers`` measures; see README.md in this folder."""

from benchmarks.peers.run import main

if __name__ == "__main__":
    main()
