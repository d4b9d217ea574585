//! What is the state of a generator, and how is it written down?

use std::fmt::Write as _;

use remade::version::{Encoder, Tag};

use super::RandomKind;

/// Children beyond this many are not spawned again to repeat a run.
pub(super) const MOST_SPAWNED: u64 = 100_000;

/// One number of the state, or a row of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Number {
    None,
    Int(u128),
    Float(f64),
    Words(Vec<u64>),
}

/// The state of a generator, at one moment.
pub(super) struct State {
    /// The type of the bit generator; empty for `random.Random`.
    pub(super) bits: String,
    /// By name, in the order of the names.
    pub(super) numbers: Vec<(String, Number)>,
    /// Where children come from, and how many came.
    pub(super) seeds: Option<Seeds>,
}

/// One integer of any size, or a row of them; each little-endian, in two's complement.
pub(super) enum Integers {
    One(Vec<u8>),
    Row(Vec<Vec<u8>>),
}

pub(super) struct Seeds {
    pub(super) entropy: Option<Integers>,
    pub(super) key: Integers,
    pub(super) pool: u64,
    pub(super) spawned: u64,
}

impl State {
    pub(super) fn encode(&self, encoder: &mut Encoder) {
        encoder.begin(Tag::Tuple, 2 * self.numbers.len() + 2);
        encoder.text(&self.bits);
        for (name, number) in &self.numbers {
            encoder.text(name);
            match number {
                Number::None => encoder.tag(Tag::None),
                Number::Int(int) => {
                    // With room for the sign: it is never negative.
                    let mut bytes = [0; 17];
                    bytes[..16].copy_from_slice(&int.to_le_bytes());
                    encoder.big_int(&bytes);
                }
                Number::Float(float) => encoder.float(*float),
                Number::Words(words) => {
                    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
                    encoder.bytes(&bytes);
                }
            }
        }
        let Some(seeds) = &self.seeds else {
            encoder.tag(Tag::Missing);
            return;
        };
        let row = |numbers: &Integers, encoder: &mut Encoder| match numbers {
            Integers::One(number) => encoder.big_int(number),
            Integers::Row(numbers) => {
                encoder.begin(Tag::Tuple, numbers.len());
                numbers.iter().for_each(|one| encoder.big_int(one));
            }
        };
        encoder.begin(Tag::Tuple, 4);
        match &seeds.entropy {
            None => encoder.tag(Tag::None),
            Some(entropy) => row(entropy, encoder),
        }
        row(&seeds.key, encoder);
        encoder.int(seeds.pool as i64);
        encoder.int(seeds.spawned as i64);
    }

    /// What a record says of it: everything but where the seeds came from, which no run changes.
    pub(super) fn text(&self, kind: RandomKind) -> String {
        let mut text = kind.name().to_owned();
        if !self.bits.is_empty() {
            let _ = write!(text, " bits={}", self.bits);
        }
        for (name, number) in &self.numbers {
            let _ = match number {
                Number::None => write!(text, " {name}=none"),
                Number::Int(int) => write!(text, " {name}={int}"),
                Number::Float(float) => write!(text, " {name}=f{:016x}", float.to_bits()),
                Number::Words(words) => {
                    let words: Vec<String> = words.iter().map(|word| format!("{word:x}")).collect();
                    write!(text, " {name}=[{}]", words.join(","))
                }
            };
        }
        if let Some(seeds) = &self.seeds {
            let _ = write!(text, " spawned={}", seeds.spawned);
        }
        text
    }

    /// The numbers that a text tells, and the number of children; None where it is not the text of
    /// a generator like this one.
    pub(super) fn parse(&self, kind: RandomKind, text: &str) -> Option<(Vec<Number>, u64)> {
        let rest = text.strip_prefix(kind.name())?;
        let mut words = rest.split_ascii_whitespace();
        if !self.bits.is_empty() && words.next()?.strip_prefix("bits=")? != self.bits {
            return None;
        }
        let mut numbers = Vec::with_capacity(self.numbers.len());
        for (name, now) in &self.numbers {
            let (told, value) = words.next()?.split_once('=')?;
            if told != name {
                return None;
            }
            let number = match now {
                Number::Words(now) => {
                    let inner = value.strip_prefix('[')?.strip_suffix(']')?;
                    let words = inner.split(',').map(|word| u64::from_str_radix(word, 16));
                    let words: Vec<u64> = words.collect::<Result<_, _>>().ok()?;
                    if words.len() != now.len() {
                        return None;
                    }
                    Number::Words(words)
                }
                _ if value == "none" => Number::None,
                _ => match value.strip_prefix('f') {
                    Some(bits) => {
                        Number::Float(f64::from_bits(u64::from_str_radix(bits, 16).ok()?))
                    }
                    None => Number::Int(value.parse().ok()?),
                },
            };
            if !is_possible(&self.bits, name, now, &number) {
                return None;
            }
            numbers.push(number);
        }
        let spawned = match &self.seeds {
            None => 0,
            Some(seeds) => {
                let spawned: u64 = words.next()?.strip_prefix("spawned=")?.parse().ok()?;
                let more = spawned.checked_sub(seeds.spawned)?;
                if more > MOST_SPAWNED {
                    return None;
                }
                more
            }
        };
        words.next().is_none().then_some((numbers, spawned))
    }
}

/// Whether a generator can have this number. A record may have been forged, and generators look up
/// numbers at the positions that they are given without asking whether there are any.
fn is_possible(bits: &str, name: &str, now: &Number, number: &Number) -> bool {
    const WORDS: u128 = 624;
    let word = u64::from(u32::MAX);
    if matches!(now, Number::Int(_)) && !matches!(number, Number::Int(_)) {
        return false;
    }
    match (name.rsplit('.').next().unwrap_or(name), number) {
        ("has_gauss" | "has_uint32", Number::Int(flag)) => *flag <= 1,
        ("uinteger", Number::Int(half)) => *half <= u128::from(word),
        ("pos", Number::Int(position)) => *position <= WORDS,
        ("buffer_pos", Number::Int(position)) => *position <= 4,
        (_, Number::Words(words)) if bits.is_empty() => {
            let position = words.last().copied().unwrap_or_default();
            u128::from(position) <= WORDS && words.iter().all(|one| *one <= word)
        }
        (_, Number::Words(words)) if bits == "MT19937" => words.iter().all(|one| *one <= word),
        // The format of `random.Random`.
        (_, Number::Int(format)) if bits.is_empty() => {
            matches!(now, Number::Int(now) if now == format)
        }
        _ => true,
    }
}
