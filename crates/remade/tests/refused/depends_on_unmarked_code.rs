use remade::make;

fn helper(x: u32) -> u32 {
    2 * x
}

#[make(depends = [helper])]
fn double(x: u32) -> u32 {
    helper(x)
}

fn main() {}
