use remade::make;

#[make(version = "1", version = "2")]
fn double(x: u32) -> u32 {
    2 * x
}

fn main() {}
