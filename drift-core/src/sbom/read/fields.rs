//! Pieces of documents: lists that are taken element by element, and small ones with an end.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};

use super::gathered::Gathered;

/// Elements of a list inside one component: hashes, references, properties. The most that real bills
/// have is some hundred.
const MAX_FEW: usize = 4096;

/// A list of a few elements; one that is longer is refused before it takes memory.
#[derive(Debug)]
pub(super) struct Few<T>(pub(super) Vec<T>);

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FewOf<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for FewOf<T> {
            type Value = Few<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }

            fn visit_unit<E: Error>(self) -> Result<Few<T>, E> {
                Ok(Few::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Few<T>, A::Error> {
                let mut few = Vec::new();
                while let Some(element) = list.next_element()? {
                    if few.len() >= MAX_FEW {
                        return Err(A::Error::custom("a list of more than 4096 elements"));
                    }
                    few.push(element);
                }
                Ok(Few(few))
            }
        }
        deserializer.deserialize_any(FewOf(PhantomData))
    }
}

/// One kind of element of a long list.
pub(super) trait Element {
    /// Reads one and takes it.
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        gathered: &mut Gathered,
    ) -> Result<(), D::Error>;
}

/// A list whose elements are taken one by one, each paid for.
pub(super) struct Each<'g, E>(&'g mut Gathered, PhantomData<E>);

struct One<'g, E>(&'g mut Gathered, PhantomData<E>);

impl<'g, E> Each<'g, E> {
    pub(super) fn of(gathered: &'g mut Gathered) -> Self {
        Self(gathered, PhantomData)
    }
}

impl<'de, E: Element> DeserializeSeed<'de> for Each<'_, E> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, E: Element> Visitor<'de> for Each<'_, E> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_unit<F: Error>(self) -> Result<(), F> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(One::<E>(self.0, PhantomData))?.is_some() {}
        Ok(())
    }
}

impl<'de, E: Element> DeserializeSeed<'de> for One<'_, E> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.item().map_err(D::Error::custom)?;
        E::read(deserializer, self.0)
    }
}

/// Notes that a member was read; a second time is an error.
pub(super) fn once<E: Error>(seen: &mut bool) -> Result<(), E> {
    match std::mem::replace(seen, true) {
        true => Err(E::custom("a member for the second time")),
        false => Ok(()),
    }
}
