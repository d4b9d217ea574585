use remade::make;

#[make]
fn largest<T: PartialOrd>(one: T, other: T) -> T {
    if one > other { one } else { other }
}

fn main() {}
