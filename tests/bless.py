"""Write anew what the programs in `handlers` and `mistakes` give: `python tests/bless.py`.

Read the diff before you commit it: it is what your change does to the generated handlers and
to the messages that users get.
"""

from drivers.golden import expected_files


def main() -> None:
    """Write each file whose text has changed, and say so."""
    known = set()
    for program, expected, make in expected_files():
        known.add(expected)
        text = make(program)
        if not expected.exists() or expected.read_text() != text:
            expected.write_text(text)
            print("written:", expected.name)
    for folder in {file.parent for file in known}:
        for file in set(folder.glob("*.txt")) - known:
            file.unlink()
            print("removed:", file.name)


if __name__ == "__main__":
    main()
