use remade::make;

fn helper() {}

#[make(depends = helper)]
fn double(x: u32) -> u32 {
    helper();
    2 * x
}

fn main() {}
