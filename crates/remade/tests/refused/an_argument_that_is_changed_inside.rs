use remade::make;

#[make]
fn optional(x: Option<&mut u32>) -> u32 {
    x.map_or(0, |x| std::mem::take(x))
}

#[make]
fn in_a_tuple(x: (&mut Vec<f64>, f64)) -> usize {
    x.0.push(x.1);
    x.0.len()
}

#[make]
fn in_an_array(x: [&mut u32; 2]) -> u32 {
    std::mem::take(x[0])
}

#[make]
fn in_a_slice(x: &[Option<&mut u32>]) -> usize {
    x.len()
}

#[make]
fn behind_a_borrow(x: &&mut u32) -> u32 {
    **x
}

#[make(ignore(x))]
fn ignored(x: Box<(u32, &mut u32)>) -> u32 {
    std::mem::take(x.1)
}

fn main() {
    let mut number = 1;
    let _ = optional(Some(&mut number));
}
