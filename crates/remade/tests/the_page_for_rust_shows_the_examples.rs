//! The programs in `docs/rust.md` are whole: each is one of the examples, which compile and are run.

#![allow(clippy::unwrap_used)]

fn blocks(page: &str) -> Vec<&str> {
    let starts = page.split("```rust\n").skip(1);
    starts
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

#[test]
fn a_program_of_it_is_an_example_from_the_first_line_to_the_last() {
    let page = std::fs::read_to_string("../../docs/rust.md").unwrap();
    let examples = ["quickstart", "heat", "parts"]
        .map(|name| std::fs::read_to_string(format!("examples/{name}.rs")).unwrap());
    let blocks = blocks(&page);
    assert!(blocks.len() >= 2, "{blocks:?}");
    for block in blocks {
        assert!(
            examples.iter().any(|example| example.ends_with(block)) && block.contains("fn main"),
            "no example has all of this:\n{block}"
        );
    }
}

#[test]
fn it_says_what_the_first_program_prints() {
    let page = std::fs::read_to_string("../../docs/rust.md").unwrap();
    let printed = "$ cargo run\na long computation, with 3\na second one, on 3 numbers\n0.0064\n\
                   $ cargo run\n0.0064\n";
    assert!(page.contains(printed));
}
