use remade::code;

#[code]
type Width = u32;

fn main() {
    let _: Width = 1;
}
