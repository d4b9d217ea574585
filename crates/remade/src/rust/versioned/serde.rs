//! How is a value told by what it serializes?
//!
//! Every name is part of it: of types, fields and variants. Maps count in the order in which they
//! are given, because nobody says whether it means something.

use super::Walk;
use crate::version::Tag;
use serde::ser::{self, Serialize};
use std::fmt;

/// Appends a value by what it serializes.
pub(in crate::rust) fn encode<T: Serialize + ?Sized>(value: &T, walk: &mut Walk<'_>) {
    if let Err(Refused(why)) = value.serialize(Teller(walk)) {
        walk.fail(why);
    }
}

struct Teller<'w, 'a>(&'w mut Walk<'a>);

/// Why the value did not serialize.
#[derive(Debug)]
struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(why: T) -> Refused {
        Refused(why.to_string())
    }
}

type Done = Result<(), Refused>;

/// A container whose number of items may not be known when it begins: an end is put behind it.
struct Open<'w, 'a>(&'w mut Walk<'a>);

impl<'w, 'a> Open<'w, 'a> {
    fn item<T: Serialize + ?Sized>(&mut self, item: &T) -> Done {
        // One more follows.
        self.0.encoder().tag(Tag::Tuple);
        item.serialize(Teller(self.0))
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Done {
        self.0.name(name);
        value.serialize(Teller(self.0))
    }

    fn close(self) -> Done {
        self.0.encoder().tag(Tag::Missing);
        Ok(())
    }
}

impl<'w, 'a> Teller<'w, 'a> {
    fn begin(self, name: &str) -> Result<Open<'w, 'a>, Refused> {
        self.0.begin_named(name, 0);
        Ok(Open(self.0))
    }
}

macro_rules! as_value {
    ($($method:ident: $ty:ty;)*) => {$(
        fn $method(self, value: $ty) -> Done {
            super::Versioned::encode(&value, self.0);
            Ok(())
        }
    )*};
}

impl<'w, 'a> ser::Serializer for Teller<'w, 'a> {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Open<'w, 'a>;
    type SerializeTuple = Open<'w, 'a>;
    type SerializeTupleStruct = Open<'w, 'a>;
    type SerializeTupleVariant = Open<'w, 'a>;
    type SerializeMap = Open<'w, 'a>;
    type SerializeStruct = Open<'w, 'a>;
    type SerializeStructVariant = Open<'w, 'a>;

    as_value! {
        serialize_bool: bool;
        serialize_i8: i8;
        serialize_i16: i16;
        serialize_i32: i32;
        serialize_i64: i64;
        serialize_i128: i128;
        serialize_u8: u8;
        serialize_u16: u16;
        serialize_u32: u32;
        serialize_u64: u64;
        serialize_u128: u128;
        serialize_f32: f32;
        serialize_f64: f64;
        serialize_char: char;
        serialize_str: &str;
    }

    fn serialize_bytes(self, value: &[u8]) -> Done {
        self.0.bytes(value);
        Ok(())
    }

    fn serialize_none(self) -> Done {
        self.0.nothing();
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        self.0.begin_named("Some", 1);
        value.serialize(self)
    }

    fn serialize_unit(self) -> Done {
        self.0.nothing();
        Ok(())
    }

    fn serialize_unit_struct(self, name: &'static str) -> Done {
        self.0.begin_named(name, 0);
        Ok(())
    }

    fn serialize_unit_variant(self, name: &'static str, _: u32, variant: &'static str) -> Done {
        self.0.begin_named(&format!("{name}::{variant}"), 0);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Done {
        self.0.begin_named(name, 1);
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Done {
        self.0.begin_named(&format!("{name}::{variant}"), 1);
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Open<'w, 'a>, Refused> {
        self.begin("seq")
    }

    fn serialize_tuple(self, _: usize) -> Result<Open<'w, 'a>, Refused> {
        self.begin("tuple")
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Open<'w, 'a>, Refused> {
        self.begin(name)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'w, 'a>, Refused> {
        self.begin(&format!("{name}::{variant}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Open<'w, 'a>, Refused> {
        self.begin("map")
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Open<'w, 'a>, Refused> {
        self.begin(name)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'w, 'a>, Refused> {
        self.begin(&format!("{name}::{variant}"))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

macro_rules! items {
    ($($kind:ident $method:ident;)*) => {$(
        impl ser::$kind for Open<'_, '_> {
            type Ok = ();
            type Error = Refused;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
                self.item(value)
            }

            fn end(self) -> Done {
                self.close()
            }
        }
    )*};
}

items! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

macro_rules! fields {
    ($($kind:ident;)*) => {$(
        impl ser::$kind for Open<'_, '_> {
            type Ok = ();
            type Error = Refused;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Done {
                self.field(name, value)
            }

            fn end(self) -> Done {
                self.close()
            }
        }
    )*};
}

fields! {
    SerializeStruct;
    SerializeStructVariant;
}

impl ser::SerializeMap for Open<'_, '_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        self.item(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        value.serialize(Teller(self.0))
    }

    fn end(self) -> Done {
        self.close()
    }
}
