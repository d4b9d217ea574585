use remade::make;

#[make]
fn total(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.sum()
}

fn main() {}
