//! Phrases: words that belong together (`new york`) become one token (`new_york`).
//!
//! In: [`Tokens`], before the vocabulary is cut. Out: the same tokens with each phrase as one, and
//! [`Phrases`], the list by which any later text is joined in the same way.
//!
//! A pass counts how often each two words stand side by side in a document, scores them
//! ([`PhraseScore`]), and joins those that pass (Mikolov et al. 2013, section 4, with scores that
//! do not depend on the size of the corpus). The next pass sees phrases as words, so that
//! `new_york city` becomes `new_york_city`: `n` passes give phrases of up to `2^n` words.

mod batches;
mod join;
mod pairs;
mod score;
mod table;

pub use score::PhraseScore;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::base::budget::MemoryBudget;
use crate::base::error::{Error, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::words::{WordId, Words};
use crate::tokenize::Tokens;
use join::Rules;
use pairs::{LEVERS, Pair, Pairs};

/// More passes than this would make phrases of more than a thousand words.
const MOST_PASSES: u32 = 10;

/// How phrases are found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PhraseConfig {
    /// How often the tokens are gone through, from 1 to 10: phrases have up to `2^passes` words.
    /// Default 1.
    pub passes: u32,
    /// What makes two words a phrase. Default: normalised PMI of at least
    /// [`PhraseScore::NPMI_THRESHOLD`].
    pub score: PhraseScore,
    /// Words that stand side by side less often are no phrase. Default 10: the scores of a few
    /// meetings say little.
    pub min_count: u64,
    /// What stands between the words of a phrase: text without white space. Default `_`.
    pub delimiter: String,
}

impl Default for PhraseConfig {
    fn default() -> Self {
        Self { passes: 1, score: PhraseScore::default(), min_count: 10, delimiter: "_".to_owned() }
    }
}

impl PhraseConfig {
    /// Refuses parameters that make no sense.
    ///
    /// # Errors
    /// [`Error::Parameter`], naming the first such parameter.
    pub fn check(&self) -> Result<()> {
        let refuse =
            |name, found: String, expected: String| Err(Error::Parameter { name, found, expected });
        if !(1..=MOST_PASSES).contains(&self.passes) {
            return refuse(
                "phrases",
                self.passes.to_string(),
                format!("a number of passes from 1 to {MOST_PASSES}"),
            );
        }
        if self.min_count == 0 {
            return refuse("phrase_min_count", "0".to_owned(), "at least 1".to_owned());
        }
        if self.delimiter.chars().any(char::is_whitespace) {
            return refuse(
                "phrase_delimiter",
                format!("`{}`", self.delimiter),
                "text without white space".to_owned(),
            );
        }
        self.score.check()
    }
}

/// Two words that belong together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Phrase {
    /// The token that they become.
    pub phrase: String,
    /// How often they were joined: as often as they stand side by side, less where a better phrase
    /// overlaps.
    pub count: u64,
    /// The score by which they are a phrase: normalised PMI from -1 to 1, or `G^2` from 0.
    pub score: f64,
    /// The pass that found it, from 1.
    pub pass: u32,
    /// The first word, or a phrase of an earlier pass.
    pub left: String,
    /// The second word, or a phrase of an earlier pass.
    pub right: String,
}

impl Phrase {
    /// What it takes in a list, and as a rule and a new word.
    fn memory_bytes(&self) -> u64 {
        let strings = 2 * self.phrase.len() + self.left.len() + self.right.len();
        // Three strings round up to 16 bytes each; a rule and the entry of a word take 64.
        (size_of::<Self>() + strings + 3 * 16 + 64) as u64
    }
}

/// The phrases of a corpus, in the order of the passes, the best of each pass first.
#[derive(Debug, Clone, Default)]
pub struct Phrases {
    list: Vec<Phrase>,
    /// Every left word, right word and phrase.
    words: Words,
    /// For each pass the phrases as ids of `words`.
    rules: Vec<Rules>,
}

impl Phrases {
    /// A list whose passes are in order.
    fn new(list: Vec<Phrase>) -> Self {
        let mut spellings: Vec<&str> =
            list.iter().flat_map(|phrase| [phrase.left.as_str(), &phrase.right]).collect();
        spellings.sort_unstable();
        spellings.dedup();
        let mut words: Words = spellings.into_iter().collect();
        let rules = passes(&list).map(|pass| Rules::new(pass, &mut words)).collect();
        Self { list, words, rules }
    }

    /// Finds the phrases of a corpus, and joins them there.
    ///
    /// Of overlapping phrases the one with the highest score is joined, of equal ones the leftmost.
    /// A phrase that is spelled like a word of the corpus becomes the same word. No pass follows
    /// one that finds nothing.
    ///
    /// The same phrases on any number of threads. Memory: four bytes a token beside the tokens,
    /// some tables over the distinct words for each thread, and the pairs that reach the minimum
    /// count. Within a budget that has no room for that, the tokens are read several times.
    ///
    /// # Errors
    /// A parameter out of range, more memory than the budget, or an interruption.
    ///
    /// ```
    /// use eigenlex::tokenize::{PhraseConfig, Phrases, Tokenizer, TokenizerConfig, Tokens};
    /// use eigenlex::{Corpus, MemoryBudget};
    ///
    /// let corpus = Corpus::open("corpora/english.txt")?;
    /// let tokenizer = Tokenizer::new(&TokenizerConfig::default())?;
    /// let mut tokens = Tokens::read(&corpus, &tokenizer, MemoryBudget::default(), &())?;
    /// let config = PhraseConfig::default();
    /// let phrases = Phrases::find(&mut tokens, &config, MemoryBudget::default(), &())?;
    /// let tokenizer = tokenizer.with_phrases(phrases); // cuts and joins any other text alike
    /// # Ok::<(), eigenlex::Error>(())
    /// ```
    pub fn find(
        tokens: &mut Tokens,
        config: &PhraseConfig,
        budget: MemoryBudget,
        progress: &dyn Progress,
    ) -> Result<Self> {
        config.check()?;
        let n_to_read = tokens.n_tokens() as u64 * u64::from(config.passes);
        progress.start(Stage::Phrases, Some(n_to_read));
        let mut list = Vec::new();
        for pass in 1..=config.passes {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let pairs = Pairs::count(tokens, config.min_count, budget, progress)?;
            let held = tokens.memory_bytes()
                + pairs.memory_bytes()
                + list.iter().map(Phrase::memory_bytes).sum::<u64>();
            let mut found = passing(&pairs, &tokens.spellings, config, pass, |bytes| {
                budget.check(Stage::Phrases, held + bytes, LEVERS)
            })?;
            if found.is_empty() {
                break;
            }
            let rules = Rules::new(&found, &mut tokens.spellings);
            let counts = rules.join_tokens(tokens, found.len())?;
            // A phrase that better ones have left no place, such as `york times` in
            // `new york times`, is none.
            found.iter_mut().zip(counts).for_each(|(phrase, count)| phrase.count = count);
            found.retain(|phrase| phrase.count > 0);
            sort(&mut found);
            progress.note(&format!(
                "pass {pass}: {} pairs of words, {} phrases",
                pairs.n_distinct,
                found.len()
            ));
            list.extend(found);
        }
        tokens.drop_unused()?;
        progress.finish();
        Ok(Self::new(list))
    }

    /// Joins these phrases in a corpus, as they were joined in their own.
    ///
    /// # Errors
    /// A failure of the file system, where the tokens are in files.
    pub fn join(&self, tokens: &mut Tokens) -> Result<()> {
        for pass in passes(&self.list) {
            Rules::new(pass, &mut tokens.spellings).join_tokens(tokens, pass.len())?;
        }
        if self.is_empty() { Ok(()) } else { tokens.drop_unused() }
    }

    /// Joins these phrases in the words of one document.
    pub fn join_words(&self, words: Vec<String>) -> Vec<String> {
        let n_known = self.words.len();
        // Words of no phrase have numbers above all others, by which they are found again.
        let id = |(position, word): (usize, &String)| {
            self.words.id(word).map_or(n_known + position, WordId::index) as u32
        };
        let mut ids: Vec<u32> = words.iter().enumerate().map(id).collect();
        for rules in &self.rules {
            let length = rules.join(&mut ids, |_, _| {});
            ids.truncate(length);
        }
        let spelling = |id: u32| match (id as usize).checked_sub(n_known) {
            None => self.words.spelling(WordId(id)).to_owned(),
            Some(position) => words[position].clone(),
        };
        ids.into_iter().map(spelling).collect()
    }

    /// The phrases.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Phrase> + Clone {
        self.list.iter()
    }

    /// Number of phrases.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is no phrase.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

/// The phrases of each pass.
fn passes(list: &[Phrase]) -> impl Iterator<Item = &[Phrase]> {
    list.chunk_by(|left, right| left.pass == right.pass)
}

/// The pairs whose score passes; `check` may refuse the bytes that they take.
///
/// # Errors
/// Those of `check`, or a failure of the file system.
fn passing(
    pairs: &Pairs,
    spellings: &Words,
    config: &PhraseConfig,
    pass: u32,
    check: impl Fn(u64) -> Result<()>,
) -> Result<Vec<Phrase>> {
    let phrase = |&packed: &[u64; 2]| {
        let pair = Pair::unpacked(packed);
        let score = config.score.passing(pairs.table(&pair), pairs.n_distinct)?;
        let [left, right] =
            [pair.left, pair.right].map(|id| spellings.spelling(WordId(id)).to_owned());
        Some(Phrase {
            phrase: format!("{left}{}{right}", config.delimiter),
            count: pair.count,
            score,
            pass,
            left,
            right,
        })
    };
    let (mut passing, mut bytes) = (Vec::new(), 0);
    pairs.for_each_part(|part| {
        let first = passing.len();
        passing.par_extend(part.par_iter().filter_map(phrase));
        bytes += passing[first..].iter().map(Phrase::memory_bytes).sum::<u64>();
        check(bytes)
    })?;
    Ok(passing)
}

/// Score down, count down, then the bytes of the words.
fn sort(phrases: &mut [Phrase]) {
    phrases.par_sort_unstable_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then(b.count.cmp(&a.count))
            .then_with(|| (&a.left, &a.right).cmp(&(&b.left, &b.right)))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenize::TokenEvent;
    use proptest::prelude::*;

    fn tokens(documents: &[&str]) -> Tokens {
        tokens_in(documents, None)
    }

    fn tokens_in(documents: &[&str], folder: Option<&std::path::Path>) -> Tokens {
        let (mut spellings, mut ids, mut document_ends) = (Words::new(), Vec::new(), Vec::new());
        for document in documents {
            for word in document.split_whitespace() {
                ids.push(spellings.id(word).unwrap_or_else(|| spellings.push(word)).0);
            }
            document_ends.push(ids.len() as u64);
        }
        Tokens::for_tests(spellings, ids, document_ends, None, folder)
    }

    fn text(tokens: &Tokens) -> Vec<String> {
        let (mut documents, mut document) = (Vec::new(), Vec::new());
        let visit = |event: TokenEvent<'_>| {
            match event {
                TokenEvent::Token(token) => document.push(token.to_owned()),
                TokenEvent::EndOfDocument => {
                    documents.push(std::mem::take(&mut document).join(" "));
                }
            }
            Ok::<(), Error>(())
        };
        tokens.for_each_event(visit).unwrap();
        documents
    }

    fn find(tokens: &mut Tokens, config: &PhraseConfig) -> Phrases {
        Phrases::find(tokens, config, MemoryBudget::default(), &()).expect("good parameters")
    }

    const DOCUMENTS: [&str; 4] = [
        "the new york city of the north",
        "new york city is the city",
        "is new york the york of new things",
        "the north of the new york city",
    ];

    #[test]
    fn two_words_then_three_become_one() {
        let config = PhraseConfig {
            passes: 1,
            score: PhraseScore::Npmi { threshold: 0.65 },
            min_count: 3,
            ..PhraseConfig::default()
        };
        // 28 tokens in 4 documents: 24 pairs. `new` is a left word 5 times, `york` a right word 5
        // times, together 4 times: ln(4 * 24 / 25) / ln(24 / 4) = 1.3455 / 1.7918 = 0.751.
        // `york city`: 3 times, of 5 `york` and 4 `city`: ln(3 * 24 / 20) / ln(24 / 3) = 1.2809 /
        // 2.0794 = 0.616, too little.
        let mut once = tokens(&DOCUMENTS);
        let phrases = find(&mut once, &config);
        assert_eq!(phrases.len(), 1);
        let first = phrases.iter().next().unwrap();
        assert_eq!((first.phrase.as_str(), first.count, first.pass), ("new_york", 4, 1));
        assert!((first.score - 0.7509).abs() < 1e-4, "{}", first.score);
        assert_eq!(text(&once)[2], "is new_york the york of new things");

        // Now there are 20 pairs; `new_york` is a left word 4 times, `city` a right word 4 times,
        // together 3 times: ln(3 * 20 / 16) / ln(20 / 3) = 1.3218 / 1.8971 = 0.697.
        let mut twice = tokens(&DOCUMENTS);
        let phrases = find(&mut twice, &PhraseConfig { passes: 3, ..config });
        let found: Vec<(&str, u32)> =
            phrases.iter().map(|phrase| (phrase.phrase.as_str(), phrase.pass)).collect();
        assert_eq!(found, [("new_york", 1), ("new_york_city", 2)]);
        assert_eq!(text(&twice)[3], "the north of the new_york_city");
        // Every spelling has a token.
        assert!((0..twice.spellings.len() as u32).all(|id| twice.ids().unwrap().contains(&id)));
    }

    #[test]
    fn another_text_is_joined_by_the_same_list() {
        let config = PhraseConfig {
            passes: 2,
            score: PhraseScore::Npmi { threshold: 0.65 },
            min_count: 3,
            ..PhraseConfig::default()
        };
        let phrases = find(&mut tokens(&DOCUMENTS), &config);
        let other = ["a new york city or new york", "york city", "", "new york city"];
        let mut joined = tokens(&other);
        phrases.join(&mut joined).unwrap();
        assert_eq!(
            text(&joined),
            ["a new_york_city or new_york", "york city", "", "new_york_city"]
        );
        for (document, joined) in other.iter().zip(text(&joined)) {
            assert_eq!(
                phrases
                    .join_words(document.split_whitespace().map(str::to_owned).collect())
                    .join(" "),
                joined
            );
        }
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        let good = PhraseConfig::default();
        for (config, says) in [
            (
                PhraseConfig { passes: 0, ..good.clone() },
                "phrases is 0, expected a number of passes from 1 to 10",
            ),
            (
                PhraseConfig { passes: 11, ..good.clone() },
                "phrases is 11, expected a number of passes from 1 to 10",
            ),
            (
                PhraseConfig { min_count: 0, ..good.clone() },
                "phrase_min_count is 0, expected at least 1",
            ),
            (
                PhraseConfig { delimiter: " ".to_owned(), ..good.clone() },
                "phrase_delimiter is ` `, expected text without white space",
            ),
            (
                PhraseConfig { score: PhraseScore::Npmi { threshold: 2.0 }, ..good.clone() },
                "phrase_threshold is 2, expected a number from -1 to 1 (normalised PMI)",
            ),
            (
                PhraseConfig { score: PhraseScore::GTest { threshold: 1.5 }, ..good.clone() },
                "phrase_threshold is 1.5, expected a number above 0 and at most 1 (a corrected \
                 p-value)",
            ),
        ] {
            assert_eq!(config.check().unwrap_err().to_string(), says);
        }
        assert!(good.check().is_ok());
    }

    proptest! {
        #[test]
        fn the_list_joins_its_own_corpus_again(
            documents in prop::collection::vec(prop::collection::vec(0usize..4, 0..15), 1..12),
            passes in 1u32..4,
            threshold in 0.0f64..0.6,
        ) {
            let documents: Vec<String> = documents
                .iter()
                .map(|it| {
                    it.iter()
                        .map(|&word| ["a", "b", "c", "a_b"][word])
                        .collect::<Vec<_>>()
                        .join(" ")
                })
                .collect();
            let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
            let config = PhraseConfig {
                passes,
                score: PhraseScore::Npmi { threshold },
                min_count: 2,
                ..PhraseConfig::default()
            };
            let mut found = tokens(&documents);
            let phrases = find(&mut found, &config);
            let mut joined = tokens(&documents);
            phrases.join(&mut joined).unwrap();
            prop_assert_eq!(text(&joined), text(&found));
            for (document, joined) in documents.iter().zip(text(&found)) {
                prop_assert_eq!(
                    phrases
                        .join_words(document.split_whitespace().map(str::to_owned).collect())
                        .join(" "),
                    joined
                );
            }
            for n_threads in [1, 2, 3, 8] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
                let mut again = tokens(&documents);
                let table = pool.install(|| find(&mut again, &config).to_table());
                prop_assert_eq!(table, phrases.to_table());
                prop_assert_eq!(
                    (again.ids().unwrap(), again.spellings.parts()),
                    (found.ids().unwrap(), found.spellings.parts())
                );
            }
            let folder = tempfile::tempdir().unwrap();
            let mut on_disk = tokens_in(&documents, Some(folder.path()));
            prop_assert_eq!(find(&mut on_disk, &config).to_table(), phrases.to_table());
            prop_assert!(on_disk.is_on_disk());
            prop_assert_eq!(text(&on_disk), text(&found));
        }
    }
}
