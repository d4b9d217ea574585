use remade::make;

#[make]
fn zeros(length: usize) -> Vec<f64> {
    vec![0.0; length]
}

fn main() {
    let zeros = zeros(3).unwrap();
    zeros.push(1.0);
}
