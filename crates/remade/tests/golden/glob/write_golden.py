"""Write ``golden.txt`` beside this script: what Python's ``glob`` finds for many patterns.

The lines with ``+`` make a tree (``name/`` is a folder, ``name -> target`` a link); those with ``?``
are a pattern, then, after tabs, the files that count: the files that match, and all files below the
folders that match, where it was not ``**`` at the end of the pattern that matched them.
"""

import glob
import itertools
import os
import tempfile
from pathlib import Path

TREE = [
    "a.txt",
    "b.txt",
    ".hidden.txt",
    "[x].txt",
    "x.txt",
    "-.txt",
    "!.txt",
    "^.txt",
    "é.txt",
    "ab.txt",
    "a-b.txt",
    "A.TXT",
    "no_ending",
    "].txt",
    "sub-01/",
    "sub-01/anat/",
    "sub-01/anat/T1w.nii.gz",
    "sub-01/anat/.DS_Store",
    "sub-01/func/",
    "sub-01/func/b.nii",
    "sub-02/",
    "sub-02/anat/",
    "sub-02/anat/T1w.nii.gz",
    "sub-02/anat/T1w.json",
    "sub-10/",
    "sub-10/notes.txt",
    ".git/",
    ".git/config",
    ".git/sub/",
    ".git/sub/a.txt",
    "deep/",
    "deep/er/",
    "deep/er/est/",
    "deep/er/est/a.txt",
    "empty/",
]
LINKS = {"link-to-file": "a.txt", "link-to-folder": "sub-01/anat", "nowhere": "not-there"}

PATTERNS = [
    "*",
    "*.txt",
    ".*",
    ".*.txt",
    "?.txt",
    "??.txt",
    "[ab].txt",
    "[!a].txt",
    "[a-c]*.txt",
    "[c-a].txt",
    "[!c-a].txt",
    "[[]x].txt",
    "[x].tx?",
    "[]x].txt",
    "[!]x].txt",
    "[-a].txt",
    "[a-].txt",
    "[!-].txt",
    "[!!].txt",
    "[^a].txt",
    "[ab",
    "[ab.txt",
    "*[",
    "x[.txt",
    "[--a].txt",
    "[a-b-].txt",
    "[a-a-z].txt",
    "[].txt",
    "[!].txt",
    "é.*",
    "[à-ï].txt",
    "*.TXT",
    "a*b*.txt",
    "*a*b*",
    "**.txt",
    "a**t",
    "sub-*/anat/*.nii.gz",
    "sub-*/*/*.nii*",
    "sub-[0-9][0-9]",
    "sub-0?",
    "sub-*/",
    "*/",
    "*/*",
    "*/.*",
    ".*/*",
    "*.txt/",
    "**",
    "**/",
    "**/*.txt",
    "**/a.txt",
    "sub-*/**",
    "**/anat/**",
    "**/anat",
    "**/anat/*",
    "**/**/a.txt",
    "deep/**/a.txt",
    "**/.*",
    "**/.git/*",
    ".git/**",
    ".git/**/*.txt",
    "**/er/**/a.txt",
    "link-to-folder/*",
    "link-to-*/*",
    "link-to-file*",
    "nowhere*",
    "not-there/*",
    "a.txt/*",
    "a.txt/**",
    "empty/*",
    "empty*",
    "no_*",
    "sub-*/../*.txt",
    "*/../a.txt",
    "./*.txt",
    "deep/../sub-0[1]/*",
    "deep/*/est",
    "**/est/",
    "**/e*/",
    "**/e*",
]


def below(folder):
    for place, _, names in os.walk(folder, followlinks=True):
        yield from (os.path.join(place, name) for name in names)


def files(pattern):
    found = set()
    for match in glob.glob(pattern, recursive=True):
        # Python gives "a.txt/" for "a.txt/**", which is no file.
        if os.path.isfile(match):
            found.add(match)
        elif os.path.isdir(match) and pattern.rstrip("/").split("/")[-1] != "**":
            found.update(below(match))
    # A step up in front of all patterns is resolved; behind one it stays.
    if pattern.startswith("deep/../"):
        found = {file.removeprefix("deep/../") for file in found}
    return sorted({file if ".." in file else os.path.normpath(file) for file in found})


def main():
    here = Path(__file__).parent.resolve()
    lines = [f"+{name}" for name in TREE] + [f"+{a} -> {b}" for a, b in LINKS.items()]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in TREE:
            os.mkdir(name) if name.endswith("/") else Path(name).write_text(name)
        for name, target in LINKS.items():
            os.symlink(target, name)
        for pattern in PATTERNS:
            lines.append("\t".join(itertools.chain([f"?{pattern}"], files(pattern))))
        os.chdir("/")
    (here / "golden.txt").write_text("\n".join(lines) + "\n")


main()
