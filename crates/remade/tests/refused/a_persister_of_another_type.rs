use remade::{NpyFile, make};

#[make(output = NpyFile::new("f.npy"))]
fn name(number: u32) -> String {
    number.to_string()
}

fn main() {}
