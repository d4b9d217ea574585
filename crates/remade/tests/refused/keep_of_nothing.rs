use remade::make;

#[make(keep = 0)]
fn double(x: u32) -> u32 {
    2 * x
}

fn main() {}
