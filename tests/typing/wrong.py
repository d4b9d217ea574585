"""What mypy must refuse: every line with `# E:` and no other, for that reason. Never run."""

from __future__ import annotations

from remade import NumpyFile, Persister, make


@make
def bare(x: int) -> str:
    return str(x)


bare("one")  # E: arg-type
bare(1, 2)  # E: call-arg
bare(y=1)  # E: call-arg
bare.call("one")  # E: arg-type
bare.check_call_in_cache()  # E: call-arg
number: int = bare(1)  # E: assignment
bare.no_such_method()  # E: attr-defined

make(outputs=NumpyFile("f.npy"))  # E: call-overload
make(bare, "f.npy")  # E: call-overload
make(bare, keep="some")  # E: call-overload
make(bare, unknown="ask")  # E: call-overload
make(bare, cachedir=3)  # E: call-overload
make(bare, version=2)  # E: call-overload
make(3)  # E: call-overload
NumpyFile("f.npy", mmap_mode="w+")  # E: arg-type
NumpyFile()  # E: call-arg


class Model:
    @make
    def fit(self, data: list[float]) -> float:
        return sum(data)


Model().fit("data")  # E: arg-type
Model().fit([1.0], 2)  # E: call-arg
text: str = Model().fit([1.0])  # E: assignment


@make
async def asynchronous(x: int) -> bytes:
    return bytes(x)


value: bytes = asynchronous(1)  # E: assignment


make(cutoff=1e-9)  # E: call-overload


class OnlySaves(Persister):
    def save(self, value: object) -> None: ...


OnlySaves("f.txt")  # E: abstract
