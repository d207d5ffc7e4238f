//! Values at paths of a JSON object, found while it is parsed; all other values are skipped.
//!
//! In: paths, and a line of JSON. Out: what stands at each path. No tree of values is built: the
//! tree here is that of the paths.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Fields at one level of an object, of those that are asked for.
#[derive(Debug, Default)]
pub(super) struct Tree {
    children: Vec<(String, Tree)>,
    /// The positions of the paths that end here.
    targets: Vec<usize>,
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found<'de> {
    Nothing,
    Null,
    Text(Cow<'de, str>),
    /// A number, `true` or `false`, as text.
    Scalar(String, &'static str),
    Other(&'static str),
}

impl Tree {
    /// Adds a path. What stands at it is found at the position `target`.
    pub(super) fn insert<'p>(&mut self, mut path: impl Iterator<Item = &'p str>, target: usize) {
        let Some(name) = path.next() else {
            return self.targets.push(target);
        };
        let position = self.children.iter().position(|(child, _)| child == name);
        let position = position.unwrap_or_else(|| {
            self.children.push((name.to_owned(), Self::default()));
            self.children.len() - 1
        });
        self.children[position].1.insert(path, target);
    }

    /// Finds what stands at each path in a line.
    pub(super) fn parse<'de>(
        &self,
        line: &'de str,
        found: &mut [Found<'de>],
    ) -> serde_json::Result<()> {
        found.fill(Found::Nothing);
        let mut deserializer = serde_json::Deserializer::from_str(line);
        TreeSeed { tree: self, found }.deserialize(&mut deserializer)?;
        deserializer.end()
    }

    /// Notes what stands here for the paths that end here.
    fn note<'de>(&self, value: Found<'de>, found: &mut [Found<'de>]) {
        let Some((&last, others)) = self.targets.split_last() else { return };
        for &target in others {
            found[target] = value.clone();
        }
        found[last] = value;
    }

    /// `null` has no fields: all below it are null.
    fn note_null(&self, found: &mut [Found<'_>]) {
        for &target in &self.targets {
            found[target] = Found::Null;
        }
        for (_, child) in &self.children {
            child.note_null(found);
        }
    }
}

/// Reads a value and notes what is asked for.
struct TreeSeed<'a, 'de> {
    tree: &'a Tree,
    found: &'a mut [Found<'de>],
}

impl<'de> DeserializeSeed<'de> for TreeSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TreeSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.tree.note(Found::Other("an object"), self.found);
        while let Some(child) = map.next_key_seed(KeySeed(&self.tree.children))? {
            match child {
                Some(tree) => map.next_value_seed(TreeSeed { tree, found: &mut *self.found })?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut joined = Joined::default();
        for position in 0usize.. {
            let is_asked_for = |(name, _): &&(String, Tree)| name.parse() == Ok(position);
            let child = self.tree.children.iter().find(is_asked_for);
            let is_there = match child {
                Some((_, tree)) => {
                    let seed = TreeSeed { tree, found: &mut *self.found };
                    elements.next_element_seed(seed)?.map(|()| joined.add(Found::Other("values")))
                }
                None if self.tree.targets.is_empty() => {
                    elements.next_element::<IgnoredAny>()?.map(|_| ())
                }
                None => elements.next_element_seed(ElementSeed)?.map(|value| joined.add(value)),
            };
            if is_there.is_none() {
                break;
            }
        }
        self.tree.note(joined.into_found(), self.found);
        Ok(())
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        self.tree.note(Found::Text(text.into()), self.found);
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if !self.tree.targets.is_empty() {
            self.tree.note(Found::Text(text.to_owned().into()), self.found);
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.tree.note_null(self.found);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.tree.note(Found::Scalar(value.to_string(), "true or false"), self.found);
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.tree.note(Found::Scalar(value.to_string(), "a number"), self.found);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.tree.note(Found::Scalar(value.to_string(), "a number"), self.found);
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.tree.note(Found::Scalar(value.to_string(), "a number"), self.found);
        Ok(())
    }
}

/// The strings of an array, joined by line ends.
#[derive(Default)]
struct Joined {
    text: String,
    n_strings: usize,
    other: Option<&'static str>,
}

impl Joined {
    fn add(&mut self, element: Found<'_>) {
        let text = match &element {
            Found::Text(text) => text.as_ref(),
            Found::Nothing | Found::Null => return,
            Found::Scalar(_, kind) | Found::Other(kind) => {
                self.other = Some(kind);
                return;
            }
        };
        if self.n_strings > 0 {
            self.text.push('\n');
        }
        self.text.push_str(text);
        self.n_strings += 1;
    }

    fn into_found<'de>(self) -> Found<'de> {
        match self.other {
            None => Found::Text(self.text.into()),
            Some("an object") => Found::Other("an array of objects"),
            Some("an array") => Found::Other("an array of arrays"),
            Some("a number") => Found::Other("an array of numbers"),
            Some("values") => Found::Other("an array of which a part is asked for too"),
            Some(_) => Found::Other("an array of truth values"),
        }
    }
}

/// The paths behind a key; `None` for a key that is not asked for.
struct KeySeed<'a>(&'a [(String, Tree)]);

impl<'a, 'de> DeserializeSeed<'de> for KeySeed<'a> {
    type Value = Option<&'a Tree>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'_> for KeySeed<'a> {
    type Value = Option<&'a Tree>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a field")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().find(|(name, _)| name == key).map(|(_, tree)| tree))
    }
}

/// An element of an array of strings.
struct ElementSeed;

impl<'de> DeserializeSeed<'de> for ElementSeed {
    type Value = Found<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found<'de>, D::Error> {
        let tree = Tree { children: Vec::new(), targets: vec![0] };
        let mut found = [Found::Nothing];
        TreeSeed { tree: &tree, found: &mut found }.deserialize(deserializer)?;
        let [found] = found;
        Ok(found)
    }
}
