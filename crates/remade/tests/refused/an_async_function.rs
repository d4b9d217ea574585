use remade::make;

#[make]
async fn fetch(url: String) -> String {
    url
}

fn main() {}
