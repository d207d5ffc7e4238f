//! Words that a hyphen breaks at the end of a line: `represen-` and `tatives`.
//!
//! In: token ids and the places of such breaks. Out: the ids with each broken word as one token.
//!
//! A hyphen at the end of a line may belong to the word (`well-known`) or not. The two parts are
//! joined if the joined word stands elsewhere in the corpus, or if the second part stands nowhere
//! but behind such hyphens. After a soft hyphen they always are. Where only the word with the
//! hyphen stands elsewhere in the corpus, the hyphen stays.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::interner::Interner;
use crate::base::error::Result;
use crate::base::words::{WordId, hash_word};
use crate::corpus::Hyphen;
use crate::storage::value_list::{AT_A_TIME, ValueList};

/// A place where a line ends between two tokens, maybe within a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Break {
    /// The position of the second token, at least 1.
    pub(super) position: u64,
    pub(super) hyphen: Hyphen,
    /// The two tokens.
    pub(super) parts: [u32; 2],
}

/// How often the second parts of breaks occur.
pub(super) struct SecondParts(HashMap<u32, Occurrences, FixedState>);

#[derive(Default)]
struct Occurrences {
    all: u64,
    behind_hyphens: u64,
}

impl SecondParts {
    pub(super) fn of(breaks: &[Break]) -> Self {
        let mut parts: HashMap<u32, Occurrences, FixedState> = HashMap::default();
        for it in breaks {
            parts.entry(it.parts[1]).or_default().behind_hyphens += 1;
        }
        Self(parts)
    }

    /// Sets how often each occurs.
    pub(super) fn set_counts(&mut self, count_of: impl Fn(u32) -> u64) {
        self.0.iter_mut().for_each(|(&part, occurrences)| occurrences.all = count_of(part));
    }

    /// Counts them in some of the tokens, of which all must be counted.
    pub(super) fn count(&mut self, ids: &[u32]) {
        for id in ids {
            if let Some(part) = self.0.get_mut(id) {
                part.all += 1;
            }
        }
    }

    fn stands_alone(&self, part: u32) -> bool {
        self.0.get(&part).is_some_and(|part| part.all > part.behind_hyphens)
    }
}

/// The broken words that become one token each.
pub(super) struct BrokenWords {
    /// The position of each second part, ascending, and the joined word. No token is in two.
    list: Vec<(u64, u32)>,
}

impl BrokenWords {
    /// Decides which breaks of a corpus are within words; those words are added to `words` where
    /// they are missing.
    pub(super) fn new(breaks: &[Break], words: &mut Interner, parts: &SecondParts) -> Self {
        let n_words = words.words().len();
        let mut joined_of = |it: &Break| {
            let [left, right] =
                it.parts.map(|part| words.words().spelling(WordId(part)).to_owned());
            // The tokenizer `whitespace` leaves the hyphen at the first part.
            let joined = left.trim_end_matches(['-', '\u{2010}', '\u{AD}']).to_owned() + &right;
            let hash = hash_word(&joined);
            let find = |word: &str, hash| {
                words.find(word, hash).filter(|&id: &u32| (id as usize) < n_words)
            };
            let known = find(&joined, hash).or_else(|| {
                let left = left.trim_end_matches(['-', '\u{2010}', '\u{AD}']);
                let with = |hyphen| format!("{left}{hyphen}{right}");
                let hyphens = ['-', '\u{2010}'].into_iter().filter(|_| it.hyphen == Hyphen::Hard);
                hyphens.map(with).find_map(|word| find(&word, hash_word(&word)))
            });
            let is_word =
                known.is_some() || it.hyphen == Hyphen::Soft || !parts.stands_alone(it.parts[1]);
            is_word.then(|| known.unwrap_or_else(|| words.intern(&joined, hash)))
        };
        let mut list: Vec<(u64, u32)> = Vec::new();
        for it in breaks {
            let is_free = list.last().is_none_or(|&(position, _)| position + 1 < it.position);
            if is_free && let Some(joined) = joined_of(it) {
                list.push((it.position, joined));
            }
        }
        Self { list }
    }

    /// Those with these positions of second parts, which ascend, and joined words.
    pub(super) fn of_list(list: Vec<(u64, u32)>) -> Self {
        Self { list }
    }

    /// The position of each second part, ascending, and the joined word.
    pub(super) fn list(&self) -> &[(u64, u32)] {
        &self.list
    }

    /// Number of words.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// The ids with each broken word as one.
    ///
    /// # Errors
    /// A failure of the file system, where the ids are in a file.
    pub(super) fn join(&self, ids: ValueList<u32>) -> Result<ValueList<u32>> {
        let mut rest = self.list.as_slice();
        ids.rewrite(AT_A_TIME, |start, ids| {
            let mut written = 0;
            for place in 0..ids.len() {
                let position = (start + place) as u64;
                // The first part is left out, the second becomes the word.
                match rest.first() {
                    Some(&(second, _)) if second == position + 1 => continue,
                    Some(&(second, joined)) if second == position => {
                        ids[written] = joined;
                        rest = &rest[1..];
                    }
                    _ => ids[written] = ids[place],
                }
                written += 1;
            }
            Ok(written)
        })
    }

    /// Where something ends that ended behind so many tokens.
    pub(super) fn moved(&self, end: u64) -> u64 {
        end - self.list.partition_point(|&(position, _)| position <= end) as u64
    }

    /// The same for a list of ends.
    ///
    /// # Errors
    /// A failure of the file system, where the list is in a file.
    pub(super) fn moved_ends(&self, ends: ValueList<u64>) -> Result<ValueList<u64>> {
        ends.rewrite(AT_A_TIME, |_, ends| {
            ends.iter_mut().for_each(|end| *end = self.moved(*end));
            Ok(ends.len())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens of a text in which `-` at the end of a token is a hard hyphen and `~` a soft one.
    fn joined(text: &str) -> String {
        let mut words = Interner::default();
        let (mut ids, mut breaks): (Vec<u32>, Vec<Break>) = Default::default();
        let mut hyphen = None;
        for token in text.split(' ') {
            let word = token.trim_end_matches(['-', '~']);
            let id = words.intern(word, hash_word(word));
            if let Some(hyphen) = hyphen {
                let parts = [*ids.last().unwrap(), id];
                breaks.push(Break { position: ids.len() as u64, hyphen, parts });
            }
            ids.push(id);
            hyphen = match token.chars().last() {
                Some('-') => Some(Hyphen::Hard),
                Some('~') => Some(Hyphen::Soft),
                _ => None,
            };
        }
        let mut parts = SecondParts::of(&breaks);
        parts.count(&ids);
        let broken = BrokenWords::new(&breaks, &mut words, &parts);
        let n_tokens = ids.len() as u64;
        let folder = tempfile::tempdir().unwrap();
        let [in_memory, on_disk] = [None, Some(folder.path())].map(|folder| {
            let list = ValueList::from_vec(ids.clone(), folder).unwrap();
            let list = broken.join(list).unwrap();
            list.read(0..list.len()).unwrap().into_owned()
        });
        assert_eq!(in_memory, on_disk);
        assert_eq!(broken.moved(n_tokens), in_memory.len() as u64);
        let spellings: Vec<&str> =
            in_memory.iter().map(|&id| words.words().spelling(WordId(id))).collect();
        spellings.join(" ")
    }

    #[test]
    fn parts_are_joined_where_the_corpus_has_the_word() {
        assert_eq!(joined("the nation- al law national"), "the national law national");
        assert_eq!(joined("a well- known man is known"), "a well known man is known");
        assert_eq!(
            joined("represen- tatives of repre- sentatives"),
            "representatives of representatives"
        );
        assert_eq!(joined("uni~ ted ted ted"), "united ted ted");
    }

    #[test]
    fn a_hyphen_stays_where_the_corpus_has_the_word_with_it_alone() {
        assert_eq!(joined("a well- known well-known known"), "a well-known well-known known");
        assert_eq!(
            joined("state-of-the- art state-of-the-art"),
            "state-of-the-art state-of-the-art"
        );
        assert_eq!(joined("co- operate cooperate co-operate"), "cooperate cooperate co-operate");
        // A soft hyphen is none of the word's.
        assert_eq!(joined("well~ known well-known known"), "wellknown well-known known");
    }

    #[test]
    fn a_token_is_in_one_word_only() {
        assert_eq!(joined("inter- na- tional"), "interna tional");
        assert_eq!(joined("one"), "one");
    }
}
