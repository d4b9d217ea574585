use remade::code;

#[code]
#[code(depends = [])]
fn double(x: u32) -> u32 {
    2 * x
}

#[code]
#[remade::code]
struct Settings {
    width: u32,
}

fn main() {
    let _ = Settings { width: 1 }.width;
    double(2);
}
