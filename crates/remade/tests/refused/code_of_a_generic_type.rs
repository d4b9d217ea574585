#[remade::code]
struct Pair<T>(T, T);

fn main() {}
