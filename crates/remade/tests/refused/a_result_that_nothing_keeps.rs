use remade::make;

struct Handle(u32);

#[make]
fn open(number: u32) -> Handle {
    Handle(number)
}

fn main() {}
