use remade::make;

#[derive(serde::Serialize, serde::Deserialize)]
enum Result<T, E> {
    Good(T),
    Bad(E),
}

#[make]
fn fit(x: f64) -> Result<f64, String> {
    match x < 0.0 {
        true => Result::Bad("negative".to_owned()),
        false => Result::Good(x),
    }
}

fn main() {
    let _ = fit(1.0);
}
