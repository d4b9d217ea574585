use remade::make;

mod tools {
    pub fn half(x: u32) -> u32 {
        x / 2
    }
}

#[make(depends = [tools])]
fn half(x: u32) -> u32 {
    tools::half(x)
}

fn main() {}
