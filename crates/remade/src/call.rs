//! Which call is this?

use crate::version::{Encoder, Tag, Version};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The digest of function, fingerprint and argument versions: two calls of one key are one call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallKey(Version);

impl CallKey {
    /// The key of the call of a function, as it is now, with arguments of these versions.
    ///
    /// `function` is the version of the function's name, so that the hot path does not digest the
    /// name again at every call.
    #[inline]
    pub fn of(function: Version, fingerprint: Version, arguments: Version) -> CallKey {
        let mut bytes = [0; 48];
        bytes[..16].copy_from_slice(&function.to_bytes());
        bytes[16..32].copy_from_slice(&fingerprint.to_bytes());
        bytes[32..].copy_from_slice(&arguments.to_bytes());
        CallKey(Version::of_bytes(&bytes))
    }

    /// The key under which a call is recorded whose arguments have no version. It is never looked
    /// up by a call; the record only serves those who ask for the last result.
    pub fn unversioned(function: Version) -> CallKey {
        let mut encoder = Encoder::new();
        encoder.version(Tag::Missing, function);
        CallKey(encoder.finish())
    }

    /// The version inside.
    pub const fn version(self) -> Version {
        self.0
    }

    /// From the text that names records.
    pub fn parse(text: &str) -> Option<CallKey> {
        text.parse().ok().map(CallKey)
    }
}

impl fmt::Display for CallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
