use remade::code;

struct Model(f64);

impl Model {
    #[code]
    const OFFSET: f64 = 1.0;

    #[code(depends = [])]
    fn slope(x: f64) -> f64 {
        2.0 * x
    }
}

fn main() {
    println!("{}", Model(Model::OFFSET).0 + Model::slope(1.0));
}
