"""Small C programs that make the engine's world fail, built with cc when a test needs one."""

import os
import subprocess

HERE = os.path.dirname(os.path.realpath(__file__))


def build_preload(name: str, directory: str) -> str:
    """The shared object of faults/<name>.c, for LD_PRELOAD."""
    out = os.path.join(directory, name + ".so")
    subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", out,
                    os.path.join(HERE, name + ".c"), "-ldl"], check=True)
    return out


def build_program(name: str, directory: str, libraries: list[str]) -> str:
    out = os.path.join(directory, name)
    subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-o", out, os.path.join(HERE, name + ".c"),
                    *(f"-l{each}" for each in libraries)], check=True)
    return out
