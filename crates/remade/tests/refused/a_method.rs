use remade::make;

struct Model(f64);

impl Model {
    #[make]
    fn predict(&self, x: f64) -> f64 {
        self.0 * x
    }
}

fn main() {}
