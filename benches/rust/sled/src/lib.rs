//! The disk cache of the crate `cached` as it was until release 0.56.

use cached::{DiskCache, IOCached};
use serde::{Serialize, de::DeserializeOwned};

/// Results in a database of sled.
pub struct Sled<V>(DiskCache<u64, V>);

impl<V: Serialize + DeserializeOwned + Clone> Sled<V> {
    /// In the folder `sled`.
    pub fn new(name: &str) -> Sled<V> {
        // Or what a short process put there would not be on the disk when it ends.
        let builder = DiskCache::new(name)
            .set_disk_directory("sled")
            .set_sync_to_disk_on_cache_change(true);
        Sled(builder.build().expect("a cache of sled"))
    }

    /// What the attribute of that release writes around a function.
    pub fn call(&self, n: u64, function: fn(u64) -> V) -> V {
        if let Some(found) = self.0.cache_get(&n).expect("to read from sled") {
            return found;
        }
        let value = function(n);
        self.0
            .cache_set(n, value.clone())
            .expect("to write to sled");
        value
    }
}
