use remade::make;

#[make]
unsafe fn read(address: usize) -> usize {
    address
}

fn main() {}
