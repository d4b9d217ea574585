use remade::make;

#[make]
#[make(version = "2")]
fn double(x: u32) -> u32 {
    2 * x
}

#[remade::make]
#[remade::make]
fn triple(x: u32) -> u32 {
    3 * x
}

fn main() {
    let _ = double(2);
}
