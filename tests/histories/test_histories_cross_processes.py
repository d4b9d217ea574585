"""What leaves a process loses its history, and is recognised by content when it comes back."""

import pytest

MAIN = """
    import numpy as np
    from remade import NumpyFile, make
    from marks import mark

    @make(output=NumpyFile("image.npy"{mode}))
    def image(n):
        mark("image")
        return np.arange(n * n, dtype="f8").reshape(n, n)

    @make(keep="all")
    def total(a):
        mark("total")
        return float(a.sum())
"""


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_an_array_sent_to_another_process_and_back_is_recognised(shop, method):
    shop.write(main=MAIN.format(mode=""))
    shop.write(
        send=f"""
            import multiprocessing
            import main

            if __name__ == "__main__":
                a = main.image(4)
                main.total(a)
                with multiprocessing.get_context("{method}").Pool(1) as pool:
                    print(pool.apply(main.total, (a,)))
                    back = pool.apply(main.image, (4,))
                print(main.total(back))
        """
    )
    assert shop.print("send") == ("120.0\n120.0", ["image", "total"])


def test_an_array_read_by_hand_is_recognised(shop):
    shop.write(main=MAIN.format(mode=""))
    assert shop.call("total(image(4))") == (120.0, ["image", "total"])
    assert shop.call("total(np.load('image.npy'))") == (120.0, [])
    assert shop.call("total(np.load('image.npy', mmap_mode='r'))") == (120.0, [])
    assert shop.call("total(np.load('image.npy').T)") == (120.0, ["total"])


@pytest.mark.parametrize("mode", ["r", "c"])
def test_a_memory_map_is_an_argument_like_the_array(shop, mode):
    shop.write(main=MAIN.format(mode=f', mmap_mode="{mode}"'))
    assert shop.call("total(image(4))") == (120.0, ["image", "total"])
    assert shop.call("total(image(4))") == (120.0, [])
    assert shop.call("total(image(4)[1:3, ::-1])") == (60.0, ["total"])
    assert shop.call("total(image(4)[1:3, ::-1])") == (60.0, [])
    assert shop.call("total(np.array(image(4)))") == (120.0, [])
    assert shop.call("isinstance(image(4), np.memmap)") == (True, [])


def test_a_map_that_is_changed_in_memory_warns_and_the_file_stays(shop):
    shop.write(main=MAIN.format(mode=', mmap_mode="c"'))
    assert shop.call("total(image(4))") == (120.0, ["image", "total"])
    script = """
        import main
        a = main.image(4)
        a += 1
        answer = [main.total(a), main.total(main.image(4))]
    """
    assert shop.run(script) == ([120.0, 120.0], [])
    assert any("seems to have been changed" in warning for warning in shop.warnings)
    script = """
        import main
        a = main.image(5)
        a += 1
        answer = [main.total(a), main.total(main.image(5))]
    """
    assert shop.run(script) == ([325.0, 300.0], ["image", "total", "total"])


def test_a_live_map_keeps_the_old_content(shop):
    shop.write(main=MAIN.format(mode=', mmap_mode="r"'))
    script = """
        import main
        main.image(4)
        old = main.image(4)
        main.image(3)
        answer = [old.shape, float(old.sum()), main.total(old), main.total(main.image(3))]
    """
    assert shop.run(script)[0] == [[4, 4], 120.0, 120.0, 36.0]


def test_a_run_that_changes_a_map_is_seen(shop):
    shop.write(
        main=MAIN.format(mode=', mmap_mode="c"')
        + """
    @make()
    def bump(a):
        a += 1
        return a
"""
    )
    script = """
        import main
        main.image(4)
        a = main.image(4)
        answer = [main.total(a), main.total(main.bump(a)), main.total(a)]
    """
    assert shop.run(script)[0] == [120.0, 136.0, 136.0]
    assert shop.run(script)[0] == [120.0, 136.0, 120.0]  # reuse leaves the caller's object alone
