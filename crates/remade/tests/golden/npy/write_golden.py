"""Write the golden files beside this script: ``python write_golden.py``, with numpy 2.

``numpy.save`` made the files ``*.npy``; ``golden.txt`` names each with its shape, its memory order,
its element type, and its elements as hexadecimal bytes in the order of the file. The files in
``odd/`` are not numpy's: they are what other writers, or Python 2, make of the same format.
"""

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
PLAIN = ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]
PLAIN += ["S3", "U2", "V5", "M8[ns]", "M8[D]", "m8[25s]", "M8", "m8[us]"]


def elements(dtype, count):
    """Every byte different, as far as the type allows."""
    size = dtype.itemsize
    if dtype.kind == "b":
        return np.array([n % 3 == 0 for n in range(count)], dtype)
    if dtype.kind == "U":
        return np.array([chr(65 + n) + chr(0x3B1 + n) for n in range(count)], dtype)
    raw = bytes((17 + 7 * n) % 120 + 1 for n in range(size * count))
    return np.frombuffer(raw, dtype).copy()


def save(lines, name, array):
    np.save(HERE / f"{name}.npy", array)
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    raw = array.tobytes("F" if fortran else "C")
    shape = ",".join(map(str, array.shape))
    lines.append(f"{name};{shape};{'F' if fortran else 'C'};{array.dtype.str};{raw.hex()}")


def main():
    lines = []
    for name in PLAIN:
        for order in "<>":
            dtype = np.dtype(order + name)
            if order == ">" and dtype.byteorder == "|":
                continue
            safe = name.replace("[", "-").replace("]", "")
            stem = f"{'little' if order == '<' else 'big'}-{safe}"
            array = elements(dtype, 6).reshape(2, 3)
            save(lines, f"{stem}-c", array)
            save(lines, f"{stem}-f", np.asfortranarray(array))
    save(lines, "scalar", np.array(1.5))
    save(lines, "one", np.array([[2.5]], order="F"))
    save(lines, "empty", np.zeros((0,)))
    save(lines, "empty-3d", np.zeros((4, 0, 7), order="F"))
    save(lines, "column", np.asfortranarray(np.arange(3.0)[:, None]))
    save(lines, "cube-f", np.asfortranarray(np.arange(24, dtype="<i2").reshape(2, 3, 4)))
    save(lines, "strided", np.arange(24, dtype="<i2").reshape(2, 3, 4)[:, ::-2].transpose(2, 0, 1))
    save(lines, "many-dimensions", np.arange(2, dtype="|u1").reshape((1,) * 31 + (2,)))
    (HERE / "golden.txt").write_text("\n".join(lines) + "\n")

    structured = HERE / "structured"
    structured.mkdir(exist_ok=True)
    np.save(structured / "fields.npy", np.zeros(2, [("x", "<f8"), ("y", "<i4", (2, 3))]))
    np.save(structured / "nested.npy", np.zeros(2, [("a", [("b", "<f8"), ("c", "|S3")])]))
    np.save(
        structured / "padded.npy", np.zeros(2, np.dtype([("a", "i1"), ("b", "f8")], align=True))
    )
    np.save(structured / "titled.npy", np.zeros(2, np.dtype([(("title", "a"), "<f8")])))
    np.save(structured / "subarray.npy", np.zeros(2, np.dtype([("it's", "<f8", 3), ('"', "u1")])))
    np.save(structured / "greek.npy", np.zeros(2, [("\u03b1", "<f8")]))
    np.save(structured / "long-double.npy", np.zeros(2, "<f16"))

    objects = HERE / "objects"
    objects.mkdir(exist_ok=True)
    np.save(objects / "plain.npy", np.array([None, 1], object))
    np.save(objects / "field.npy", np.zeros(1, [("x", "<f8"), ("o", object)]))

    odd = HERE / "odd"
    odd.mkdir(exist_ok=True)
    data = np.arange(6, dtype="<f8").tobytes()
    for name, version, text in [
        ("python2", 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2L, 3L), }"),
        ("other-order", 1, '{"shape":(2,3),"descr":"<f8","fortran_order":False}'),
        ("lines", 2, "{ 'descr' : '<f8',\n 'shape' : ( 2 , 3, ),\n 'fortran_order':False , }"),
        ("version2", 2, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }"),
        ("version3", 3, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }"),
        ("unicode-prefix", 1, "{u'descr': u'<f8', u'fortran_order': False, u'shape': (2, 3), }"),
    ]:
        text = text.encode() + b"\n"
        width = 2 if version == 1 else 4
        head = b"\x93NUMPY" + bytes([version, 0]) + len(text).to_bytes(width, "little") + text
        (odd / f"{name}.npy").write_bytes(head + data)
        loaded = np.load(odd / f"{name}.npy")
        assert loaded.tobytes() == data and loaded.shape == (2, 3)


main()
