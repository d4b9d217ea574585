//! What is the version of an array?

use super::{Encoder, Tag, Version};
