use remade::make;

struct Handle(u32);

#[make]
fn read(handle: &Handle) -> u32 {
    handle.0
}

fn main() {}
