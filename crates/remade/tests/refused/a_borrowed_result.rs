use remade::make;

#[make]
fn first(words: &[String]) -> Option<&str> {
    words.first().map(String::as_str)
}

fn main() {}
