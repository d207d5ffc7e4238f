//! Distinct spellings, numbered as they are met.
//!
//! In: tokens, one after the other. Out: a number for each, the same for equal ones. Most tokens
//! are a few frequent words, so a small table of the short words seen last is asked first, and the
//! hash table of all words only if that fails.

use hashbrown::HashTable;

use crate::base::words::{WordId, Words, hash_word};

/// Distinct spellings with their hashes, so that merging never hashes again.
#[derive(Default)]
pub(crate) struct Interner {
    table: HashTable<Slot>,
    spellings: Words,
    hashes: Vec<u64>,
    /// Short words seen last; empty until [`Interner::intern_token`] is called.
    recent: Vec<Recent>,
}

/// A spelling in the table. A part of its hash stands beside it, so that the spelling itself is
/// seldom looked at in vain.
struct Slot {
    hash: u32,
    id: u32,
}

/// A short word with its number. Most tokens are a few hundred words: these are found here, in a
/// table that a near cache holds, by comparing three numbers.
#[derive(Clone, Copy, Default)]
struct Recent {
    key: ShortKey,
    n_bytes: u32,
    id: u32,
}

/// The beginning and the end of a word of 1 to 16 bytes, which may overlap: with its length they
/// tell all its bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct ShortKey {
    first: u64,
    last: u64,
}

impl ShortKey {
    #[inline]
    fn of(word: &[u8]) -> Option<Self> {
        if let (Some(first), Some(last)) = (word.first_chunk(), word.last_chunk()) {
            let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
            return (word.len() <= 16).then_some(Self { first, last });
        }
        if let (Some(first), Some(last)) = (word.first_chunk(), word.last_chunk()) {
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            return Some(Self { first: first.into(), last: last.into() });
        }
        let (first, middle, last) = (*word.first()?, word[word.len() / 2], *word.last()?);
        Some(Self { first: u64::from(first) | u64::from(middle) << 8, last: last.into() })
    }

    /// Where the word stands in the table, if anywhere.
    #[inline]
    fn slot(self) -> usize {
        let mixed = self.first ^ self.last.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        (mixed.wrapping_mul(0xD6E8_FEB8_6659_FD93) >> (64 - RECENT_BITS)) as usize
    }
}

/// 8,192 words: 192 kB.
const RECENT_BITS: u32 = 13;

/// Bytes of text for each distinct spelling in a megabyte, about; a table that must grow is none
/// the worse for it.
const BYTES_PER_SPELLING: usize = 32;

/// Spellings that are looked up side by side, so that the memory answers many at a time.
const SIDE_BY_SIDE: usize = 64;

impl Interner {
    /// The number of a word, given its hash by [`hash_word`]; a new one if it has not been met.
    #[inline]
    pub(crate) fn intern(&mut self, word: &str, hash: u64) -> u32 {
        let Self { table, spellings, hashes, .. } = self;
        let entry = table.entry(
            hash,
            |slot| slot.hash == hash as u32 && spellings.is_spelled(WordId(slot.id), word),
            |slot| hashes[slot.id as usize],
        );
        let new = || {
            hashes.push(hash);
            Slot { hash: hash as u32, id: spellings.push(word).0 }
        };
        entry.or_insert_with(new).get().id
    }

    /// The number of a token of running text; a new one if it has not been met.
    #[inline]
    pub(super) fn intern_token(&mut self, token: &str) -> u32 {
        let Some(key) = ShortKey::of(token.as_bytes()) else {
            return self.intern(token, hash_word(token));
        };
        let (slot, n_bytes) = (key.slot(), token.len() as u32);
        match self.recent.get(slot) {
            Some(recent) if recent.key == key && recent.n_bytes == n_bytes => return recent.id,
            Some(_) => {}
            None => self.recent.resize(1 << RECENT_BITS, Recent::default()),
        }
        let id = self.intern(token, hash_word(token));
        self.recent[slot] = Recent { key, n_bytes, id };
        id
    }

    /// Makes room for as many words as a text of so many bytes may have.
    pub(super) fn reserve_for(&mut self, n_bytes: usize) {
        let Self { table, hashes, .. } = self;
        table.reserve(n_bytes / BYTES_PER_SPELLING, |slot| hashes[slot.id as usize]);
    }

    /// The number of a word, given its hash by [`hash_word`], if it has been met.
    pub(super) fn find(&self, word: &str, hash: u64) -> Option<u32> {
        let is_word = |slot: &Slot| self.spellings.is_spelled(WordId(slot.id), word);
        self.table.find(hash, is_word).map(|slot| slot.id)
    }

    /// The numbers of all spellings of `other`, which are added where they are missing.
    pub(super) fn merge(&mut self, other: &Self) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(other.hashes.len());
        let mut words = other.spellings.iter();
        for hashes in other.hashes.chunks(SIDE_BY_SIDE) {
            let mut likely = [None; SIDE_BY_SIDE];
            for (likely, &hash) in likely.iter_mut().zip(hashes) {
                let has_hash = |slot: &Slot| slot.hash == hash as u32;
                *likely = self.table.find(hash, has_hash).map(|slot| slot.id);
            }
            for ((&hash, likely), word) in hashes.iter().zip(likely).zip(&mut words) {
                let is_it = |&id: &u32| self.spellings.is_spelled(WordId(id), word);
                let number = likely.filter(is_it);
                numbers.push(number.unwrap_or_else(|| self.intern(word, hash)));
            }
        }
        numbers
    }

    /// The distinct spellings by their numbers.
    pub(crate) fn words(&self) -> &Words {
        &self.spellings
    }

    /// The distinct spellings, without the table.
    pub(super) fn into_words(self) -> Words {
        self.spellings
    }

    /// Bytes held.
    pub(super) fn memory_bytes(&self) -> u64 {
        let (bytes, offsets) = self.spellings.parts();
        (bytes.len() * 2 + offsets.len() * (20 + 16 + 8)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equal_words_have_one_number_and_others_another(
            words in prop::collection::vec("[ab]{0,3}|[abc]{3,9}|[ab]{14,18}|[éa]{1,9}", 0..200),
            more in prop::collection::vec("[ab]{0,5}|[ab]{15,17}", 0..200),
        ) {
            let (mut interner, mut other) = (Interner::default(), Interner::default());
            let mut known: Vec<&str> = Vec::new();
            let mut position_of = |word| {
                known.iter().position(|&it| it == word).unwrap_or_else(|| {
                    known.push(word);
                    known.len() - 1
                })
            };
            for word in &words {
                prop_assert_eq!(interner.intern_token(word) as usize, position_of(word));
            }
            more.iter().for_each(|word| _ = other.intern_token(word));
            let numbers = interner.merge(&other);
            for (word, number) in other.words().iter().zip(numbers) {
                prop_assert_eq!(interner.words().spelling(WordId(number)), word);
                prop_assert_eq!(interner.find(word, hash_word(word)), Some(number));
            }
            let distinct: std::collections::HashSet<_> = words.iter().chain(&more).collect();
            prop_assert_eq!(interner.words().len(), distinct.len());
        }
    }
}
