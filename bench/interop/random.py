"""python bench/interop/random.py CNNTRAIN [CHAINS [FIRST]]: see chains.py."""

import os
import sys

# Whatever is imported from here on must find Python's own module of this name; the scripts
# beside this one, too.
here, path = os.path.dirname(os.path.abspath(__file__)), sys.path
sys.path = [p for p in path if os.path.abspath(p) != here]
sys.modules.pop("random", None)
import random  # noqa: E402, F401

sys.path = path

if __name__ == "__main__":
    import chains

    chains.main()
