"""A result in a NIfTI file is reused, in every process, and counts there as it did in the run."""

import pytest

pytest.importorskip("numpy")

MAIN = """
    import numpy as np
    from remade import MemMappedNiftiFile, NiftiFile, make
    from marks import mark

    def ramp():
        return np.arange(120, dtype="f4").reshape(4, 5, 6)

    def image(data):
        import nibabel
        found = nibabel.Nifti1Image(data, np.diag([2, 3, 4, 1]))
        found.header.set_xyzt_units("mm", "sec")
        return found

    @make(output=OUTPUT)
    def source():
        mark("source")
        return RESULT

    @make(keep="all", unknown="UNKNOWN")
    def total(a):
        mark("total")
        return float(np.asarray(getattr(a, "dataobj", a)).sum())
"""
EXACT = "np.asfortranarray(ramp())"
CASES = {
    "as the file is": ("NiftiFile('a.nii.gz')", EXACT),
    "plain": ("NiftiFile('a.nii')", EXACT),
    "another order": ("NiftiFile('a.nii.gz')", "ramp()"),
    "reversed axes": ("NiftiFile('a.nii', order='tzyx')", "ramp()"),
    "reversed, another order": ("NiftiFile('a.nii', order='tzyx')", EXACT),
    "mapped": ("MemMappedNiftiFile('a.nii')", EXACT),
    "mapped, another order": ("MemMappedNiftiFile('a.nii', mode='c')", "ramp()"),
    "truth values": ("NiftiFile('a.nii.gz')", "ramp() > 3"),
    "truth values as such": ("NiftiFile('a.nii.gz', dtype=bool)", "ramp() > 3"),
    "16 bits": ("NiftiFile('a.nii.gz')", "ramp().astype('f2')"),
    "big-endian": ("NiftiFile('a.nii.gz')", "ramp().astype('>i4')"),
    "cast": ("NiftiFile('a.nii.gz', dtype='i2')", "ramp()"),
    "a name of the store": ("NiftiFile", "ramp()"),
    "a mapped name of the store": ("MemMappedNiftiFile", "ramp()"),
    "an image": ("NiftiFile('a.nii.gz', image=True)", "image(ramp())"),
    "a large image": ("NiftiFile('a.nii', image=True)", "image(np.tile(ramp(), (9, 9, 9)))"),
    "an image over a map": ("MemMappedNiftiFile('a.nii', image=True)", "image(ramp())"),
}


@pytest.mark.parametrize("unknown", ["content", "rerun"])
@pytest.mark.parametrize("case", CASES)
def test_the_chain_is_the_same_in_the_run_and_after_loading(shop, case, unknown):
    if "image" in case:
        pytest.importorskip("nibabel")
    output, result = CASES[case]
    text = MAIN.replace("OUTPUT", output).replace("RESULT", result).replace("UNKNOWN", unknown)
    shop.write(main=text)
    first, runs = shop.call("total(source())")
    assert runs == ["source", "total"]
    assert shop.call("total(source())") == (first, [])
    assert shop.call("[total(source()), total(source())]") == ([first, first], [])


def test_what_is_exact_counts_as_the_same_array_from_elsewhere(shop):
    text = MAIN.replace("OUTPUT", "NiftiFile('a.nii.gz')").replace("RESULT", EXACT)
    shop.write(main=text.replace("UNKNOWN", "content"))
    script = """
        import main, numpy as np
        answer = [main.total(np.asfortranarray(main.ramp())), main.total(main.source())]
    """
    value, runs = shop.run(script)
    assert (value[0] == value[1], runs) == (True, ["total", "source"])
    value, runs = shop.run(script)
    assert (value[0] == value[1], runs) == (True, [])


def test_what_is_changed_on_its_way_is_equal_to_no_plain_content(shop):
    text = MAIN.replace("OUTPUT", "NiftiFile('a.nii.gz')").replace("RESULT", "ramp() > 3")
    shop.write(main=text.replace("UNKNOWN", "content"))
    script = """
        import main, numpy as np
        answer = [main.total(main.source()), main.total(main.ramp() > 3)]
        answer += [main.total(np.array(main.source(), order="F"))]
    """
    value, runs = shop.run(script)
    assert runs == ["source", "total", "total", "total"]
    assert value[0] == value[1] == value[2]
    assert shop.run(script) == (value, [])


def test_reuse_gives_the_header_and_affine_of_the_run(shop):
    pytest.importorskip("nibabel")
    text = MAIN.replace("OUTPUT", "NiftiFile('a.nii.gz', image=True)")
    shop.write(main=text.replace("RESULT", "image(ramp())").replace("UNKNOWN", "content"))
    script = """
        import main
        import numpy as np
        found = main.source()
        units = found.header.get_xyzt_units()
        kind = found.header.get_data_dtype().str
        answer = [type(found).__name__, found.affine.tolist(), units, kind, np.asarray(found.dataobj).tolist()]
    """
    first, runs = shop.run(script)
    assert runs == ["source"]
    assert shop.run(script) == (first, [])


SAVING = [
    ("NiftiFile('a.nii.gz', affine=np.eye(4) * [2, 2, 2, 1])", True),
    ("NiftiFile('a.nii.gz', header='template.nii')", True),
    ("NiftiFile('a.nii.gz', dtype='f8')", True),
    ("NiftiFile('a.nii.gz', order='tzyx')", True),
    ("NiftiFile('a.nii.gz', order='xyzt')", False),
    ("NiftiFile('a.nii.gz', affine=None, header=None)", False),
]


@pytest.mark.parametrize(("output", "runs_again"), SAVING)
def test_what_matters_for_the_file_or_the_value_is_in_the_record(shop, output, runs_again):
    text = MAIN.replace("RESULT", EXACT).replace("UNKNOWN", "content")
    shop.write(main=text.replace("OUTPUT", "NiftiFile('a.nii.gz')"))
    shop.run("import main, numpy as np; main.NiftiFile('template.nii').save(np.zeros(3))")
    assert shop.run("import main; main.source()")[1] == ["source"]
    shop.write(main=text.replace("OUTPUT", output))
    assert shop.run("import main; main.source()")[1] == (["source"] if runs_again else [])
    assert shop.run("import main; main.source()")[1] == []


def test_another_header_in_the_file_that_header_names_runs_again(shop):
    text = MAIN.replace("RESULT", EXACT).replace("UNKNOWN", "content")
    shop.write(main=text.replace("OUTPUT", "NiftiFile('a.nii.gz', header='template.nii')"))
    write = "import numpy as np, remade; remade.NiftiFile('template.nii', affine={}).save({})"
    shop.run(write.format("np.eye(4)", "np.zeros(3)"))
    assert shop.run("import main; main.source()")[1] == ["source"]
    # Other data in the same space is the same header.
    shop.run(write.format("np.eye(4)", "np.ones((4, 5), 'i2')"))
    assert shop.run("import main; main.source()")[1] == []
    shop.run(write.format("np.diag([2, 2, 2, 1])", "np.zeros(3)"))
    assert shop.run("import main; main.source()")[1] == ["source"]


def test_nothing_is_imported_for_arrays_but_numpy(shop):
    shop.write(
        main=MAIN.replace("OUTPUT", "NiftiFile('a.nii.gz')")
        .replace("RESULT", "ramp()")
        .replace("UNKNOWN", "content")
    )
    script = "import main, sys; main.source(); answer = 'nibabel' in sys.modules"
    assert shop.run(script) == (False, ["source"])
    assert shop.run(script) == (False, [])
