use remade::make;

#[make]
extern "C" fn double(x: u32) -> u32 {
    2 * x
}

fn main() {}
