use remade::make;

#[make]
const fn double(x: u32) -> u32 {
    2 * x
}

fn main() {}
