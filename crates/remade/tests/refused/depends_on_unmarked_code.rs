use remade::make;

fn helper(x: u32) -> u32 {
    2 * x
}

const OFFSET: u32 = 32;

struct Settings {
    threshold: u32,
}

mod tools {
    pub fn half(x: u32) -> u32 {
        x / 2
    }
}

#[make(depends = [helper])]
fn double(x: u32) -> u32 {
    helper(x)
}

#[make(depends = [OFFSET])]
fn shifted(x: u32) -> u32 {
    x + OFFSET
}

#[make(depends = [Settings])]
fn cut(x: u32) -> u32 {
    x.min(Settings { threshold: 3 }.threshold)
}

#[make(depends = [tools::half])]
fn half(x: u32) -> u32 {
    tools::half(x)
}

fn main() {}
