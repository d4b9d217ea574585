//! What does the dictionary in a header say?
//!
//! The header of a `.npy` file is a Python literal. This reads the three entries that it must have,
//! in any order and spacing, and nothing else: no name, no call, no arithmetic. It walks over the
//! text once and keeps slices of it, so a hostile header costs its own length and no more.

use super::Malformed;

/// The most dimensions that numpy has.
const MAXIMUM_DIMENSIONS: usize = 64;

/// How deep lists and tuples of an element type may be nested. Recursion stays bounded.
const MAXIMUM_DEPTH: usize = 32;

/// The three entries of a header.
#[derive(Debug)]
pub(super) struct Entries<'a> {
    /// The literal of the element type, as it stands.
    pub(super) descr: &'a str,
    pub(super) fortran_order: bool,
    pub(super) shape: Vec<usize>,
    /// An element type that is, or contains, objects.
    pub(super) has_objects: bool,
}

/// Reads the dictionary. White space may follow it; anything else is an error.
pub(super) fn read(text: &str) -> Result<Entries<'_>, Malformed> {
    let mut reader = Reader {
        text,
        at: 0,
        has_objects: false,
    };
    let (mut descr, mut fortran_order, mut shape) = (None, None, None);
    reader.expect(b'{', "a dictionary")?;
    while !reader.accept(b'}') {
        let key_at = reader.at;
        let key = reader.quoted()?;
        reader.expect(b':', "a colon after the key")?;
        reader.skip_space();
        let is_new = match key {
            "descr" => descr.replace(reader.element_type()?).is_none(),
            "fortran_order" => fortran_order.replace(reader.boolean()?).is_none(),
            "shape" => shape.replace(reader.shape()?).is_none(),
            _ => return Err(reader.wrong_at(key_at, "descr, fortran_order or shape as key")),
        };
        if !is_new {
            return Err(reader.wrong_at(key_at, "every key once"));
        }
        if !reader.accept(b',') {
            reader.expect(b'}', "a comma or the end of the dictionary")?;
            break;
        }
    }
    reader.skip_space();
    if reader.at != text.len() {
        return Err(reader.wrong("nothing but spaces after the dictionary"));
    }
    match (descr, fortran_order, shape) {
        (Some(descr), Some(fortran_order), Some(shape)) => Ok(Entries {
            descr,
            fortran_order,
            shape,
            has_objects: reader.has_objects,
        }),
        _ => Err(reader.wrong_at(0, "the keys descr, fortran_order and shape")),
    }
}

/// Where the reading has come to.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    has_objects: bool,
}

impl<'a> Reader<'a> {
    /// The literal of an element type: text, or a list with a tuple for each field.
    fn element_type(&mut self) -> Result<&'a str, Malformed> {
        let start = self.at;
        self.element_type_at(0)?;
        Ok(&self.text[start..self.at])
    }

    fn element_type_at(&mut self, depth: usize) -> Result<(), Malformed> {
        if depth > MAXIMUM_DEPTH {
            return Err(self.wrong("fewer levels of nesting"));
        }
        self.skip_space();
        match self.peek() {
            Some(b'[') => {
                self.at += 1;
                while !self.accept(b']') {
                    self.field(depth + 1)?;
                    if !self.accept(b',') {
                        self.expect(b']', "a comma or the end of the fields")?;
                        break;
                    }
                }
                Ok(())
            }
            // A type with a shape of its own: ('<f8', (3,)).
            Some(b'(') => {
                self.at += 1;
                self.element_type_at(depth + 1)?;
                self.expect(b',', "a comma after the element type")?;
                self.skip_space();
                self.shape()?;
                self.accept(b',');
                self.expect(b')', "the end of the element type")
            }
            _ => {
                let name = self.quoted()?;
                self.has_objects |= names_objects(name);
                Ok(())
            }
        }
    }

    /// `(name, type)`, `(name, type, shape)`, where name is text or a tuple of title and name.
    fn field(&mut self, depth: usize) -> Result<(), Malformed> {
        self.expect(b'(', "a tuple for the field")?;
        if self.accept(b'(') {
            self.quoted()?;
            self.expect(b',', "title and name of the field")?;
            self.quoted()?;
            self.accept(b',');
            self.expect(b')', "the end of title and name")?;
        } else {
            self.quoted()?;
        }
        self.expect(b',', "a comma after the name of the field")?;
        self.element_type_at(depth + 1)?;
        if self.accept(b',') {
            self.skip_space();
            match self.peek() {
                Some(b')') => {}
                Some(b'(') => drop(self.shape()?),
                _ => drop(self.whole_number()?),
            }
            self.accept(b',');
        }
        self.expect(b')', "the end of the field")
    }

    fn shape(&mut self) -> Result<Vec<usize>, Malformed> {
        let start = self.at;
        let mut shape = Vec::new();
        self.expect(b'(', "a tuple of whole numbers as shape")?;
        while !self.accept(b')') {
            if shape.len() == MAXIMUM_DIMENSIONS {
                return Err(self.wrong_at(start, "at most 64 dimensions"));
            }
            shape.push(self.whole_number()?);
            if !self.accept(b',') {
                // One number in parentheses is a number to Python, not a tuple.
                if shape.len() == 1 {
                    return Err(self.wrong_at(start, "a tuple of whole numbers as shape"));
                }
                self.expect(b')', "a comma or the end of the shape")?;
                break;
            }
        }
        Ok(shape)
    }

    /// Digits, after which Python 2 may have written an `L`.
    fn whole_number(&mut self) -> Result<usize, Malformed> {
        self.skip_space();
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = &self.text[start..self.at];
        let number = match digits.parse() {
            // Python has no such numbers as 007.
            Ok(number) if digits.len() == 1 || !digits.starts_with('0') => number,
            _ => return Err(self.wrong_at(start, "a whole number that fits in memory")),
        };
        if self.peek() == Some(b'L') {
            self.at += 1;
        }
        Ok(number)
    }

    fn boolean(&mut self) -> Result<bool, Malformed> {
        for (word, value) in [("True", true), ("False", false)] {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.wrong("True or False as fortran_order"))
    }

    /// What stands between the quotes, with its escapes.
    fn quoted(&mut self) -> Result<&'a str, Malformed> {
        self.skip_space();
        if self.peek() == Some(b'u') {
            self.at += 1; // Python 2
        }
        let quote = match self.peek() {
            Some(quote @ (b'\'' | b'"')) => quote,
            _ => return Err(self.wrong("text in quotes")),
        };
        let start = self.at + 1;
        let mut is_escaped = false;
        for (offset, byte) in self.text.as_bytes()[start..].iter().enumerate() {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'\n' => break,
                byte if *byte == quote => {
                    self.at = start + offset + 1;
                    return Ok(&self.text[start..start + offset]);
                }
                _ => {}
            }
        }
        Err(self.wrong("text that ends with the quote it began with"))
    }

    fn expect(&mut self, byte: u8, what: &str) -> Result<(), Malformed> {
        if self.accept(byte) {
            Ok(())
        } else {
            Err(self.wrong(what))
        }
    }

    fn accept(&mut self, byte: u8) -> bool {
        self.skip_space();
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn wrong(&self, expected: &str) -> Malformed {
        self.wrong_at(self.at, expected)
    }

    fn wrong_at(&self, at: usize, expected: &str) -> Malformed {
        let found: String = self.text[at..].chars().take(40).collect();
        Malformed {
            expected: expected.to_owned(),
            found: format!("{found:?} at character {at} of the header"),
        }
    }
}

/// `O`, `|O`, `|O8`, `object`: numpy keeps such elements as a pickle.
fn names_objects(element_type: &str) -> bool {
    let name = element_type.trim_start_matches(['<', '>', '|', '=']);
    name.starts_with('O') || name.starts_with("object")
}
