//! How much of a long test is done? All of it where `REMADE_TORTURE` is 1, as in `make torture`; a
//! hundredth where it is 0.01.

/// What the variable says.
pub fn scale() -> f64 {
    match std::env::var("REMADE_TORTURE") {
        Err(_) => 0.02,
        Ok(text) => match text.parse() {
            Ok(scale) if (0.0..=1.0).contains(&scale) => scale,
            _ => panic!("REMADE_TORTURE takes a number from 0 to 1, not {text:?}"),
        },
    }
}

/// How many of so many; at least one.
pub fn times(all: usize) -> usize {
    ((all as f64 * scale()).ceil() as usize).max(1)
}

/// Numbers that look random and are the same in each run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn roll(&mut self) -> u64 {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// From 0 up to, but without, `end`.
    pub fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.roll()) * end as u128) >> 64) as usize
    }

    pub fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }
}

/// An empty folder, in memory where there is such a file system.
pub fn folder() -> tempfile::TempDir {
    let memory = std::path::Path::new("/dev/shm");
    tempfile::tempdir_in(memory).unwrap_or_else(|_| tempfile::tempdir().unwrap())
}
