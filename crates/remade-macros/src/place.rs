//! Does an item stand in an `impl` or in a `trait`?
//!
//! A macro is given the same tokens there as anywhere else, and what it writes beside them is no item
//! of an `impl`: the compiler would say "enum is not supported in `impl`s", and not why there is one.
//! So the file itself is looked at. Where it cannot be (the item was written by another macro), the
//! error is the compiler's.

use crate::fingerprint;
use quote::ToTokens;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use syn::Attribute;
use syn::visit::{self, Visit};

/// The attributes of ours.
const OURS: [&str; 2] = ["make", "code"];

/// Whether an attribute is one of ours, of this name.
pub(crate) fn is_ours(attribute: &Attribute, name: &str) -> bool {
    let path = attribute.path();
    let first = path.segments.first().map(|segment| &segment.ident);
    let last = path.segments.last().map(|segment| &segment.ident);
    let is_rooted = path.segments.len() == 2 && first.is_some_and(|first| first == "remade");
    last.is_some_and(|last| last == name) && (path.segments.len() == 1 || is_rooted)
}

/// Whether this item, here without its attributes, stands in an `impl` or a `trait`.
pub(crate) fn is_associated(item: impl ToTokens) -> bool {
    if !proc_macro::is_available() {
        return false;
    }
    let here = proc_macro::Span::call_site();
    // What begins a line stands in nothing, and that is nearly all there is.
    if here.column() == 1 {
        return false;
    }
    let digest = fingerprint::of(item.to_token_stream());
    here.local_file()
        .and_then(|path| with_marked(&path, |marked| marked.is_associated(digest)))
        .unwrap_or(false)
}

/// The items of a file that have an attribute of ours.
#[derive(Default)]
struct Marked {
    associated: Vec<u128>,
    free: Vec<u128>,
}

impl Marked {
    /// The same words may stand at both places: then nobody can tell.
    fn is_associated(&self, digest: u128) -> bool {
        self.associated.contains(&digest) && !self.free.contains(&digest)
    }
}

thread_local! {
    /// A file with many made functions is read once.
    static FILES: RefCell<HashMap<PathBuf, (SystemTime, Marked)>> = RefCell::default();
}

fn with_marked<T>(path: &Path, ask: impl FnOnce(&Marked) -> T) -> Option<T> {
    let changed = path.metadata().and_then(|found| found.modified()).ok()?;
    FILES.with_borrow_mut(|files| {
        if files.get(path).is_none_or(|(known, _)| *known != changed) {
            let mut marked = Marked::default();
            let text = std::fs::read_to_string(path).ok()?;
            marked.visit_file(&syn::parse_file(&text).ok()?);
            files.insert(path.to_owned(), (changed, marked));
        }
        files.get(path).map(|(_, marked)| ask(marked))
    })
}

fn is_marked(attributes: &[Attribute]) -> bool {
    let is_one = |attribute| OURS.iter().any(|name| is_ours(attribute, name));
    attributes.iter().any(is_one)
}

macro_rules! collect {
    ($($method:ident: $kind:ident to $to:ident;)*) => {
        impl<'ast> Visit<'ast> for Marked {
            $(fn $method(&mut self, item: &'ast syn::$kind) {
                if is_marked(&item.attrs) {
                    let mut bare = item.clone();
                    bare.attrs.clear();
                    self.$to.push(fingerprint::of(bare.to_token_stream()));
                }
                visit::$method(self, item);
            })*
        }
    };
}

collect! {
    visit_item_fn: ItemFn to free;
    visit_item_const: ItemConst to free;
    visit_impl_item_fn: ImplItemFn to associated;
    visit_impl_item_const: ImplItemConst to associated;
    visit_trait_item_fn: TraitItemFn to associated;
    visit_trait_item_const: TraitItemConst to associated;
}
