"""A tree of a few files, and what a checker of sources says of it."""

import pathlib
import subprocess
import sys
import tempfile


def check(checker, files):
    """The exit status and the lines of `checker`, a script beside this one, on a tree of these files."""
    with tempfile.TemporaryDirectory() as tree:
        for name, text in files.items():
            path = pathlib.Path(tree, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        script = pathlib.Path(__file__).with_name(checker)
        run = subprocess.run(
            [sys.executable, script, tree], capture_output=True, text=True, check=False
        )
        return run.returncode, run.stdout.splitlines()
