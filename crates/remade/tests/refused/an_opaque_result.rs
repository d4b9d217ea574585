use remade::make;

#[make]
fn numbers(most: u32) -> impl Iterator<Item = u32> {
    0..most
}

fn main() {}
