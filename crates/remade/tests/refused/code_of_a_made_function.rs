use remade::{code, make};

#[make]
#[code]
fn double(x: u32) -> u32 {
    2 * x
}

#[code]
#[make]
fn triple(x: u32) -> u32 {
    3 * x
}

fn main() {
    let _ = double(2);
    let _ = triple(2);
}
