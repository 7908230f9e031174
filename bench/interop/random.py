"""python bench/interop/random.py CNNTRAIN [CHAINS [FIRST]]: see chains.py."""

import os
import sys

# Modules imported from here on, also the scripts in this folder, must find Python's own module
# of this name.
here, path = os.path.dirname(os.path.abspath(__file__)), sys.path
sys.path = [p for p in path if os.path.abspath(p) != here]
sys.modules.pop("random", None)
import random  # noqa: E402, F401

sys.path = path

if __name__ == "__main__":
    import chains

    chains.main()
