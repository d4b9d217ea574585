#[derive(remade::Versioned)]
union Bits {
    number: u32,
    float: f32,
}

fn main() {}
