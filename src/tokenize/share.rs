//! A share of a corpus as tokens, and what the whole corpus says about it.
//!
//! In: a share, then what is known of the words of all shares ([`WordTable`]). Out: the ids of the
//! kept words and where their sequences end: what [`Tokens`] and the vocabulary make of these
//! texts when they read them with all others. No document is in two shares, so each share needs of
//! the others nothing but sums.

use serde::{Deserialize, Serialize};

use super::abbreviations::{Abbreviations, Usage};
use super::interner::Interner;
use super::line_breaks::{Break, BrokenWords, SecondParts};
use super::merged::Merged;
use super::piece::Wanted;
use super::stream::{CorpusReport, ReadPieces};
use super::word_table::WordTable;
use super::{Tokenizer, Tokens};
use crate::base::error::{Error, Result};
use crate::base::words::{WordId, Words, hash_word};
use crate::corpus::{Corpus, Hyphen};
use crate::storage::parcel::{ParcelReader, ParcelWriter};

/// The tokens of a share.
pub(crate) struct TokenShare {
    merged: Merged,
    /// Whether sentences end sequences.
    sentences: bool,
}

/// What was read for a share.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ShareReport {
    pub(crate) report: CorpusReport,
    /// Whether a line is longer than a piece, so that where the share begins shows in the result.
    pub(crate) cuts_line: bool,
    pub(crate) n_tokens: u64,
    /// Words that may be broken at the end of a line.
    pub(crate) breaks: Vec<ShareBreak>,
}

/// A place where a line ends with a hyphen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ShareBreak {
    /// Of the second part, in the share.
    position: u64,
    is_soft: bool,
    parts: [String; 2],
}

/// What is known of the words of all shares.
#[derive(Default)]
pub(crate) struct KnownWords {
    words: Words,
    /// The number that a kept word has in the vocabulary; [`KnownWords::DROPPED`] for others.
    numbers: Vec<u32>,
    /// Whether the corpus shows that the word is an abbreviation.
    found: Vec<bool>,
    /// Whether a capital letter shows that the word begins a sentence.
    begins: Vec<bool>,
}

impl KnownWords {
    /// The number of a word that is not kept.
    pub(crate) const DROPPED: u32 = u32::MAX;

    /// Adds a word, which was not added before.
    pub(crate) fn push(&mut self, word: &str, number: u32, is_found: bool, begins: bool) {
        self.words.push(word);
        self.numbers.push(number);
        self.found.push(is_found);
        self.begins.push(begins);
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut parcel = ParcelWriter::new();
        parcel.words(&self.words);
        parcel.list(&self.numbers);
        let flags = |flags: &[bool]| flags.iter().map(|&it| u8::from(it)).collect::<Vec<u8>>();
        parcel.list(&flags(&self.found));
        parcel.list(&flags(&self.begins));
        parcel.finish()
    }

    /// # Errors
    /// Bytes that [`KnownWords::to_bytes`] has not written.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Result<Self> {
        let mut parcel = ParcelReader::new(bytes)?;
        let (words, numbers) = (parcel.words()?, parcel.list()?);
        let mut flags = || Ok::<_, Error>(parcel.bytes()?.iter().map(|&it| it != 0).collect());
        Ok(Self { words, numbers, found: flags()?, begins: flags()? })
    }

    /// For each of some words, the number that it has in the vocabulary, if it is kept.
    pub(crate) fn numbers_of(&self, words: &Words) -> Vec<Option<u32>> {
        let number = |place| Some(self.numbers[place]).filter(|&it| it != Self::DROPPED);
        self.places(words).into_iter().map(|place| place.and_then(number)).collect()
    }

    /// For each of some words, the place here, if it is known.
    fn places(&self, words: &Words) -> Vec<Option<usize>> {
        words.iter().map(|word| self.words.id(word).map(WordId::index)).collect()
    }
}

impl TokenShare {
    /// Reads and tokenizes a share.
    ///
    /// # Errors
    /// As [`Tokens::read`], but a share without a token is none.
    pub(crate) fn read(
        corpus: &Corpus,
        tokenizer: &Tokenizer,
        sentences: bool,
    ) -> Result<(Self, ShareReport)> {
        let mut merged = Merged::default();
        let wanted = if sentences { Wanted::Sentences } else { Wanted::Breaks };
        let ReadPieces { report, n_tokens, noticed, .. } =
            ReadPieces::read::<Error>(corpus, tokenizer, wanted, &(), |batch| {
                batch.into_iter().try_for_each(|piece| piece.map(|it| merged.append(&it, false)))
            })?;
        let spelling = |id: u32| merged.interner.words().spelling(WordId(id)).to_owned();
        let of_break = |it: &Break| ShareBreak {
            position: it.position,
            is_soft: it.hyphen == Hyphen::Soft,
            parts: it.parts.map(spelling),
        };
        let report = ShareReport {
            report,
            cuts_line: noticed.cuts_line,
            n_tokens: n_tokens as u64,
            breaks: merged.breaks.iter().map(of_break).collect(),
        };
        Ok((Self { merged, sentences }, report))
    }

    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
        let Merged { interner, ids, document_ends, sentence_ends, doubtful_ends, usage, .. } =
            &self.merged;
        let mut parcel = ParcelWriter::new();
        parcel.number(u64::from(self.sentences));
        parcel.words(interner.words());
        parcel.list(&ids.read(0..ids.len())?);
        for list in [document_ends, sentence_ends, doubtful_ends] {
            parcel.list(&list.read(0..list.len())?);
        }
        parcel.list(&usage.iter().flat_map(|usage| usage.numbers()).collect::<Vec<u32>>());
        Ok(parcel.finish())
    }

    /// # Errors
    /// Bytes that [`TokenShare::to_bytes`] has not written.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Result<Self> {
        let mut parcel = ParcelReader::new(bytes)?;
        let sentences = parcel.number()? != 0;
        let words = parcel.words()?;
        let mut interner = Interner::default();
        for word in words.iter() {
            interner.intern(word, hash_word(word));
        }
        let ids: Vec<u32> = parcel.list()?;
        let mut ends = || Ok::<_, Error>(parcel.list::<u64>()?.into());
        let (document_ends, sentence_ends, doubtful_ends) = (ends()?, ends()?, ends()?);
        let usage: Vec<u32> = parcel.list()?;
        let usage = usage.chunks_exact(4);
        let usage = usage.map(|it| Usage::of_numbers([it[0], it[1], it[2], it[3]])).collect();
        let merged = Merged {
            interner,
            ids: ids.into(),
            document_ends,
            sentence_ends,
            doubtful_ends,
            usage,
            ..Merged::default()
        };
        Ok(Self { merged, sentences })
    }

    /// The words with what is added up over all shares; documents are cut into such of
    /// `document_tokens` tokens.
    pub(crate) fn table(&self, document_tokens: Option<usize>) -> Result<WordTable> {
        let words = self.merged.interner.words();
        let mut counts = vec![0; words.len()];
        let mut frequencies = vec![0; words.len()];
        let mut last = vec![0_u64; words.len()];
        let ids = self.merged.ids.read(0..self.merged.ids.len())?;
        let ends = self.merged.document_ends.read(0..self.merged.document_ends.len())?;
        let (mut start, mut number) = (0, 0);
        for &end in ends.iter() {
            let document = &ids[start..end as usize];
            for part in document.chunks(document_tokens.unwrap_or(usize::MAX)) {
                number += 1;
                for &id in part {
                    let id = id as usize;
                    counts[id] += 1;
                    frequencies[id] +=
                        u64::from(std::mem::replace(&mut last[id], number) != number);
                }
            }
            start = end as usize;
        }
        let mut usage = self.merged.usage.clone();
        let mut may_begin = Vec::new();
        if self.sentences {
            usage.resize(words.len(), Usage::default());
            may_begin.resize(words.len(), false);
            self.merged.for_each_doubtful_end(|_, _, next, before_capital| {
                may_begin[next as usize] |= before_capital;
                Ok(())
            })?;
        }
        Ok(WordTable::new(words, &counts, &frequencies, &usage, &may_begin))
    }

    /// The abbreviations of all shares, of the words of this one.
    fn abbreviations(&self, known: &KnownWords) -> Abbreviations<'_> {
        let words = self.merged.interner.words();
        let places = known.places(words);
        let flags = |flags: &[bool]| {
            places.iter().map(|place| place.is_some_and(|it| flags[it])).collect::<Vec<bool>>()
        };
        Abbreviations::known(words, flags(&known.found), &flags(&known.begins))
    }

    /// For each word that the corpus shows to be an abbreviation, in the order of the known words,
    /// how often a sentence ends behind it for all that is known without it.
    pub(crate) fn ends_behind(&self, known: &KnownWords) -> Result<Vec<u32>> {
        let n_ends = self.merged.ends_behind(&self.abbreviations(known))?;
        let words = self.merged.interner.words();
        let found = known.words.iter().zip(&known.found).filter(|(_, found)| **found);
        let n_of = |word: &str| words.id(word).map_or(0, |id| n_ends[id.index()]);
        Ok(found.map(|(word, _)| n_of(word)).collect())
    }

    /// Ends sentences, and joins words: the position of each second part and the joined word.
    /// Returns the number of full stops that end no sentence.
    pub(crate) fn settle(&mut self, known: &KnownWords, joined: &[(u64, String)]) -> Result<u64> {
        let mut n_stops = 0;
        if self.sentences {
            let (ends, n) = self.merged.ends_by(&self.abbreviations(known))?;
            self.merged.set_ends(&ends)?;
            n_stops = n;
        }
        if !joined.is_empty() {
            let interner = &mut self.merged.interner;
            let intern = |(position, word): &(u64, String)| {
                (*position, interner.intern(word, hash_word(word)))
            };
            let list = joined.iter().map(intern).collect();
            self.merged.join(&BrokenWords::of_list(list))?;
        }
        Ok(n_stops)
    }

    /// The tokens of a share that was settled.
    pub(crate) fn into_tokens(self, document_tokens: Option<usize>) -> Result<Tokens> {
        let Self { merged, sentences } = self;
        let Merged { interner, ids, document_ends, sentence_ends, .. } = merged;
        let mut tokens = Tokens {
            spellings: interner.into_words(),
            ids,
            document_ends,
            sentence_ends: sentences.then_some(sentence_ends),
            metadata: None,
            report: CorpusReport::default(),
        };
        if let Some(n_tokens) = document_tokens {
            tokens.cut_documents(n_tokens)?;
        }
        Ok(tokens)
    }
}

/// The words that a hyphen breaks at the end of a line, of all shares in order: for each share the
/// position of each second part and the joined word. `n_tokens` are those of each share.
pub(crate) fn joined_words(
    table: &WordTable,
    shares: &[(u64, Vec<ShareBreak>)],
) -> Vec<Vec<(u64, String)>> {
    let mut joined: Vec<Vec<(u64, String)>> = shares.iter().map(|_| Vec::new()).collect();
    if shares.iter().all(|(_, breaks)| breaks.is_empty()) {
        return joined;
    }
    let mut interner = Interner::default();
    for word in table.words.iter() {
        interner.intern(word, hash_word(word));
    }
    let mut breaks = Vec::new();
    let (mut start, mut starts) = (0, Vec::with_capacity(shares.len()));
    for (n_tokens, of_share) in shares {
        starts.push(start);
        for it in of_share {
            let hyphen = if it.is_soft { Hyphen::Soft } else { Hyphen::Hard };
            let parts =
                [0, 1].map(|part| interner.intern(&it.parts[part], hash_word(&it.parts[part])));
            breaks.push(Break { position: start + it.position, hyphen, parts });
        }
        start += n_tokens;
    }
    let mut parts = SecondParts::of(&breaks);
    parts.set_counts(|id| table.counts.get(id as usize).copied().unwrap_or(0));
    let broken = BrokenWords::new(&breaks, &mut interner, &parts);
    for &(position, word) in broken.list() {
        let share = starts.partition_point(|&start| start <= position) - 1;
        let word = interner.words().spelling(WordId(word)).to_owned();
        joined[share].push((position - starts[share], word));
    }
    joined
}
