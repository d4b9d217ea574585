use remade::make;

#[make]
struct Settings {
    threshold: f64,
}

fn main() {
    let _ = Settings { threshold: 0.5 }.threshold;
}
