//! The latent world: concepts with their attributes and their forms in both languages.
//!
//! In: `world.txt` (its head describes the format). Out: a [`World`] of pools of entries. Both
//! languages draw from the same entries with the same chances; only the forms differ. That is
//! what makes the two spaces of word vectors alike.

use std::collections::BTreeMap;

use crate::random::Random;

/// The seed of the facts; both languages tell the same.
const FACTS_SEED: u64 = 1_901;

/// Companions of each entry that has a life of its own.
const COMPANIONS: usize = 6;

/// The pools of things: nouns with a singular and a plural in both languages, which can be
/// anybody's companion.
pub(crate) const THINGS: &[&str] = &[
    "food", "house", "town", "nature", "sea", "school", "music", "travel", "crop", "cloth",
    "animal",
];

/// The other pools whose entries have companions.
const OWNERS: &[&str] = &["job", "country", "animal", "verb"];

/// Pools whose partners (king and queen) share their companions.
const PAIRED: &[&str] = &["royal", "family"];

/// A language of the sample.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Spanish,
}

/// Grammatical gender; of a person, also the sex.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gender {
    Masculine,
    Feminine,
    /// Feminine, but with the article `el`: `el agua`.
    FeminineWithEl,
}

impl Gender {
    pub(crate) fn is_feminine(self) -> bool {
        self != Self::Masculine
    }
}

/// One concept: a row of a pool.
pub(crate) struct Entry {
    pub(crate) pool: usize,
    english: Vec<String>,
    spanish: Vec<String>,
    /// Entries (indices into [`World::entries`]) that this one speaks of: those that `world.txt`
    /// names.
    pub(crate) references: Vec<usize>,
    /// Things that are often near this one, drawn once for both languages.
    pub(crate) companions: Vec<usize>,
}

/// Concepts of one kind, the frequent ones first.
pub(crate) struct Pool {
    pub(crate) name: String,
    english_columns: Vec<String>,
    spanish_columns: Vec<String>,
    /// Indices into [`World::entries`].
    pub(crate) entries: Vec<usize>,
    /// Chance of each entry, parallel to `entries`: `10000 / (position + 5)`.
    pub(crate) weights: Vec<usize>,
}

impl Pool {
    pub(crate) fn columns(&self, language: Language) -> &[String] {
        match language {
            Language::English => &self.english_columns,
            Language::Spanish => &self.spanish_columns,
        }
    }
}

/// All pools and entries.
pub(crate) struct World {
    pub(crate) pools: Vec<Pool>,
    pub(crate) entries: Vec<Entry>,
}

impl World {
    /// Reads the world; the message of an error names the line.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut world = Self { pools: Vec::new(), entries: Vec::new() };
        let mut references = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let at = |what: &str| format!("world.txt:{}: {what}: `{line}`", index + 1);
            let line_fields = line.trim();
            if line_fields.is_empty() || line_fields.starts_with('#') {
                continue;
            }
            if let Some(head) = line_fields.strip_prefix("pool ") {
                let (name, columns) = head.split_once(':').ok_or_else(|| at("no `:`"))?;
                let (english, spanish) = columns.split_once('|').ok_or_else(|| at("no `|`"))?;
                world.pools.push(Pool {
                    name: name.trim().to_owned(),
                    english_columns: fields(english),
                    spanish_columns: fields(spanish),
                    entries: Vec::new(),
                    weights: Vec::new(),
                });
                continue;
            }
            let pool = world.pools.len().checked_sub(1).ok_or_else(|| at("no pool yet"))?;
            let sides: Vec<&str> = line_fields.split('|').collect();
            if sides.len() < 2 {
                return Err(at("no `|`"));
            }
            let entry = Entry {
                pool,
                english: fields(sides[0]),
                spanish: fields(sides[1]),
                references: Vec::new(),
                companions: Vec::new(),
            };
            let home = &mut world.pools[pool];
            if entry.english.len() != home.english_columns.len()
                || entry.spanish.len() != home.spanish_columns.len()
            {
                return Err(at("forms and columns differ in number"));
            }
            home.weights.push(10_000 / (home.entries.len() + 5));
            home.entries.push(world.entries.len());
            references.push((index + 1, sides.get(2).map_or("", |side| side.trim()).to_owned()));
            world.entries.push(entry);
        }
        world.resolve(&references)?;
        world.tell_facts();
        Ok(world)
    }

    /// Gives every thing and every entry of [`PAIRED`] and [`OWNERS`] companions, and makes the
    /// pool `thing` of all things, in an order of its own: so each has surroundings and a frequency
    /// that no other has.
    fn tell_facts(&mut self) {
        let mut random = Random::new(FACTS_SEED);
        let of_pools = |world: &Self, names: &[&str]| -> Vec<usize> {
            names
                .iter()
                .filter_map(|name| world.pool(name))
                .flat_map(|pool| pool.entries.iter().copied())
                .collect()
        };
        let mut things = of_pools(self, THINGS);
        for last in (1..things.len()).rev() {
            things.swap(last, random.below(last + 1));
        }
        for entry in of_pools(self, PAIRED)
            .into_iter()
            .chain(of_pools(self, OWNERS))
            .chain(things.iter().copied())
        {
            if !self.entries[entry].companions.is_empty() {
                continue;
            }
            let mut companions: Vec<usize> = Vec::new();
            while companions.len() < COMPANIONS {
                let other = things[random.below(things.len())];
                if other != entry && !companions.contains(&other) {
                    companions.push(other);
                }
            }
            if PAIRED.contains(&self.pools[self.entries[entry].pool].name.as_str()) {
                self.entries[entry + 1].companions.clone_from(&companions);
            }
            self.entries[entry].companions = companions;
        }
        let weights = (0..things.len()).map(|position| 10_000 / (position + 20)).collect();
        self.pools.push(Pool {
            name: "thing".to_owned(),
            english_columns: Vec::new(),
            spanish_columns: Vec::new(),
            entries: things,
            weights,
        });
    }

    fn resolve(&mut self, references: &[(usize, String)]) -> Result<(), String> {
        let by_name: BTreeMap<String, usize> = self
            .entries
            .iter()
            .enumerate()
            .rev()
            .map(|(id, entry)| (entry.english[0].clone(), id))
            .collect();
        for (entry, (line, names)) in self.entries.iter_mut().zip(references) {
            for name in names.split(';').filter(|name| !name.is_empty()) {
                let id = by_name
                    .get(name)
                    .ok_or_else(|| format!("world.txt:{line}: no entry `{name}`"))?;
                entry.references.push(*id);
            }
        }
        Ok(())
    }

    /// Finds the pool called `name`.
    pub(crate) fn pool(&self, name: &str) -> Option<&Pool> {
        self.pools.iter().find(|pool| pool.name == name)
    }

    /// The form that `column` holds, as written (`_`, `;`); `None` without such a column.
    pub(crate) fn form(&self, entry: usize, language: Language, column: &str) -> Option<&str> {
        let position = self.pools[self.entries[entry].pool]
            .columns(language)
            .iter()
            .position(|name| name == column)?;
        Some(&self.forms(entry, language)[position])
    }

    /// All forms of an entry, parallel to the columns of its pool.
    pub(crate) fn forms(&self, entry: usize, language: Language) -> &[String] {
        match language {
            Language::English => &self.entries[entry].english,
            Language::Spanish => &self.entries[entry].spanish,
        }
    }

    /// The gender that is fixed by the entry; `None` where each draw is free to choose (jobs).
    ///
    /// An adjective counts as masculine when it is the first of its pair of opposites.
    pub(crate) fn gender(&self, entry: usize, language: Language) -> Option<Gender> {
        match self.form(entry, language, "g") {
            Some("m") => return Some(Gender::Masculine),
            Some("f") => return Some(Gender::Feminine),
            Some(_) => return Some(Gender::FeminineWithEl),
            None => {}
        }
        let pool = &self.pools[self.entries[entry].pool];
        if pool.name != "adjective" {
            return None;
        }
        let position = pool.entries.iter().position(|&id| id == entry);
        Some(match position {
            Some(position) if position % 2 == 1 => Gender::Feminine,
            _ => Gender::Masculine,
        })
    }
}

fn fields(side: &str) -> Vec<String> {
    side.split_whitespace().map(str::to_owned).collect()
}

/// Inflects a Spanish adjective given in the masculine singular.
pub(crate) fn decline(adjective: &str, feminine: bool, plural: bool) -> String {
    let mut form = adjective.to_owned();
    if feminine && form.ends_with('o') {
        form.pop();
        form.push('a');
    }
    if plural {
        match form.chars().last() {
            Some('a' | 'e' | 'i' | 'o' | 'u') => form.push('s'),
            Some('z') => {
                form.pop();
                form.push_str("ces");
            }
            _ => form.push_str("es"),
        }
    }
    form
}
