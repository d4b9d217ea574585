#[remade::code]
trait Filter {
    fn width(&self) -> f64;
}

fn main() {}
