struct Filter;

#[remade::code]
impl Filter {
    fn width(&self) -> f64 {
        1.0
    }
}

fn main() {}
