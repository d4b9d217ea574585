use remade::code;

#[code]
#[code(depends = [])]
fn double(x: u32) -> u32 {
    2 * x
}

fn main() {
    double(2);
}
