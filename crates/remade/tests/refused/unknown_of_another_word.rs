use remade::make;

#[make(unknown = "never")]
fn double(x: u32) -> u32 {
    2 * x
}

fn main() {}
