use remade::make;

struct Model(f64);

impl Model {
    #[make]
    fn slope(x: f64) -> f64 {
        2.0 * x
    }
}

trait Named {
    #[make(depends = [])]
    fn name(number: u32) -> String {
        number.to_string()
    }
}

impl Named for Model {}

fn main() {
    println!("{}", Model(1.0).0);
}
