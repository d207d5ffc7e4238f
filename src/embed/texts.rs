//! The first stages in one: a corpus as word ids, or what an earlier run has left of them.
//!
//! Two files are kept: `tokens`, the ids and the ends of sequences, and `vocabulary`, all the rest.
//! A corpus is known by the paths, sizes and times of change of its files; for
//! standard input and pipes that is not possible, so they are read again, and what was made of
//! equal tokens is used all the same: it goes by their digest.

use std::fs;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::base::words::Words;
use crate::config::EmbedConfig;
use crate::corpus::{Corpus, DocumentTable, Source};
use crate::counts::{CountMatrix, CountSettings};
use crate::embed::reading::{ReadTexts, token_memory};
use crate::storage::checkpoints::{CheckpointFolder, CheckpointKey, CheckpointReader};
use crate::storage::spill::building_bytes;
use crate::tokenize::{CorpusReport, EmptyDocuments, Phrases, Tokenizer};
use crate::vocab::{Vocab, WordSequences};
use crate::weighting::subsample::Subsampling;

const TOKENS: &str = "tokens";
const VOCABULARY: &str = "vocabulary";
const COUNTS: &str = "counts";

/// A corpus on its way.
pub(crate) struct Texts {
    pub(crate) tokenizer: Tokenizer,
    pub(crate) report: CorpusReport,
    /// The metadata of the documents, if any were asked for.
    pub(crate) metadata: Option<DocumentTable>,
    pub(crate) vocab: Vocab,
    pub(crate) n_documents: usize,
    rest: Rest,
    /// What counts are known by, if work is kept.
    counts_key: Option<CheckpointKey>,
}

/// What there is to count, or the counts.
enum Rest {
    Tokens(WordSequences),
    Counts(CheckpointReader),
}

/// The numbers and texts of a vocabulary file, before its lists.
#[derive(Serialize, Deserialize)]
struct Header {
    n_distinct: usize,
    n_tokens: u64,
    n_documents: usize,
    report: CorpusReport,
    phrases: String,
    /// The digest of the tokens, in hexadecimal.
    tokens: String,
}

impl Texts {
    /// Reads, tokenizes and counts a corpus, or finds in `work` that this was done.
    pub(crate) fn new(
        corpus: &Corpus,
        config: &EmbedConfig,
        work: Option<&CheckpointFolder>,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let tokenizer = Tokenizer::new(&config.tokenizer)?;
        let Some(work) = work else {
            let ReadTexts { tokenizer, report, metadata, vocab, n_documents, sequences } =
                ReadTexts::read(corpus, config, EmptyDocuments::LeftOut, tokenizer, progress)?;
            return Ok(Self {
                tokenizer,
                report,
                metadata,
                vocab,
                n_documents,
                rest: Rest::Tokens(sequences),
                counts_key: None,
            });
        };
        let key = key_of(corpus, config, &tokenizer);
        if let Some(key) = key
            && let Some(texts) = Self::find(corpus, work, key, config, &tokenizer, progress)?
        {
            return Ok(texts);
        }
        let ReadTexts { tokenizer, report, metadata, vocab, n_documents, sequences } =
            ReadTexts::read(corpus, config, EmptyDocuments::LeftOut, tokenizer, progress)?;
        // Tokens that nobody will find are kept for their digest, which tells whether there are
        // counts of them.
        let key =
            key.unwrap_or_else(|| CheckpointKey::of(&"a corpus that cannot be told from another"));
        let digest = work.keep(TOKENS, key, |writer| sequences.write(writer))?;
        let header = Header {
            n_distinct: vocab.n_distinct,
            n_tokens: vocab.n_tokens,
            n_documents,
            report: report.clone(),
            phrases: tokenizer.phrases().to_table(),
            tokens: digest.to_hex(),
        };
        work.keep(VOCABULARY, key, |writer| {
            writer.put_list(
                &serde_json::to_vec(&header).expect("numbers, strings and lists can be written"),
            )?;
            let (bytes, offsets) = vocab.words.parts();
            writer.put_list(bytes.as_bytes())?;
            writer.put_list(&offsets.iter().map(|&offset| offset as u64).collect::<Vec<_>>())?;
            writer.put_list(&vocab.counts)?;
            writer.put_list(&vocab.document_frequencies)?;
            writer.put_list(&vocab.stretches)?;
            let rows = metadata.as_ref().and_then(DocumentTable::rows);
            match rows {
                Some(rows) => writer.put_list(&rows.read(0..rows.len())?),
                None => writer.put_list::<u8>(&[]),
            }
        })?;
        let counts_key = counts_key(&header.tokens, vocab.words.len(), config);
        let rest =
            find_counts(work, counts_key, progress)?.map_or(Rest::Tokens(sequences), Rest::Counts);
        Ok(Self {
            tokenizer,
            report,
            metadata,
            vocab,
            n_documents,
            rest,
            counts_key: Some(counts_key),
        })
    }

    /// What an earlier run has left, if that is enough to go on.
    fn find(
        corpus: &Corpus,
        work: &CheckpointFolder,
        key: CheckpointKey,
        config: &EmbedConfig,
        tokenizer: &Tokenizer,
        progress: &dyn Progress,
    ) -> Result<Option<Self>> {
        let Some(mut reader) = work.find(VOCABULARY, key, progress)? else { return Ok(None) };
        let malformed = |what: &str| Error::Malformed {
            path: work.path().join(VOCABULARY),
            line: None,
            found: what.to_owned(),
            expected: "what this program writes".to_owned(),
        };
        let header: Header = serde_json::from_slice(&reader.list::<u8>()?)
            .map_err(|error| malformed(&error.to_string()))?;
        let bytes = String::from_utf8(reader.list::<u8>()?)
            .map_err(|error| malformed(&error.to_string()))?;
        let offsets: Vec<u64> = reader.list()?;
        let words: Words =
            offsets.windows(2).map(|pair| &bytes[pair[0] as usize..pair[1] as usize]).collect();
        let (counts, document_frequencies, stretches) =
            (reader.list::<u64>()?, reader.list::<u64>()?, reader.list::<u64>()?);
        let rows: Vec<u8> = reader.list()?;
        let columns = &corpus.reading().reader_options.metadata;
        let metadata =
            (!columns.is_empty()).then(|| DocumentTable::new(columns.clone(), rows.into()));
        let phrases = Phrases::parse(&header.phrases, &work.path().join(VOCABULARY))?;

        let counts_key = counts_key(&header.tokens, words.len(), config);
        let rest = match find_counts(work, counts_key, progress)? {
            Some(reader) => Rest::Counts(reader),
            None => {
                let Some(mut reader) = work
                    .find(TOKENS, key, progress)?
                    .filter(|reader| reader.digest().to_hex() == header.tokens)
                else {
                    return Ok(None);
                };
                let sequences = WordSequences::read(&mut reader, token_memory(config))?;
                progress.tell(&format!(
                    "the corpus was read by an earlier run: its tokens are in `{}`",
                    work.path().display()
                ));
                Rest::Tokens(sequences)
            }
        };
        let vocab = Vocab {
            words,
            counts,
            document_frequencies,
            stretches,
            n_distinct: header.n_distinct,
            n_tokens: header.n_tokens,
        };
        let tokenizer = tokenizer.clone().with_phrases(phrases);
        let (report, n_documents) = (header.report, header.n_documents);
        Ok(Some(Self {
            tokenizer,
            report,
            metadata,
            vocab,
            n_documents,
            rest,
            counts_key: Some(counts_key),
        }))
    }

    /// The counts of the corpus in its contexts, subsampled, counted or found; and their digest, if
    /// work is kept. They can be asked for once.
    pub(crate) fn counts(
        self,
        config: &EmbedConfig,
        work: Option<&CheckpointFolder>,
        progress: &dyn Progress,
    ) -> Result<Counted> {
        let Self { tokenizer, report, metadata, vocab, n_documents, rest, counts_key } = self;
        let settings = CountSettings {
            budget: config.memory,
            temporary_folder: config.temporary_folder.as_deref(),
            seed: config.seed,
            later: building_bytes(config.memory),
        };
        let (counts, digest) = match rest {
            Rest::Counts(mut reader) => {
                (CountMatrix::read(&mut reader, settings)?, Some(reader.digest()))
            }
            Rest::Tokens(mut sequences) => {
                let kept_shares = config.subsample.map(|subsampling| {
                    (subsampling.random, subsampling.kept_shares(&vocab.counts))
                });
                if let Some((true, shares)) = &kept_shares {
                    sequences = Subsampling::draw(sequences, shares, config.seed, progress)?;
                }
                let n_words = vocab.words.len();
                let mut counts = config.contexts.count(&sequences, n_words, settings, progress)?;
                drop(sequences);
                if let Some((false, shares)) = &kept_shares {
                    Subsampling::scale(&mut counts, &config.contexts, shares, progress)?;
                }
                let digest = match (work, counts_key) {
                    (Some(work), Some(key)) => {
                        Some(work.keep(COUNTS, key, |writer| counts.write(writer))?)
                    }
                    _ => None,
                };
                (counts, digest)
            }
        };
        Ok(Counted { tokenizer, report, metadata, vocab, n_documents, counts, digest })
    }
}

/// A corpus that was counted.
pub(crate) struct Counted {
    pub(crate) tokenizer: Tokenizer,
    pub(crate) report: CorpusReport,
    pub(crate) metadata: Option<DocumentTable>,
    pub(crate) vocab: Vocab,
    pub(crate) n_documents: usize,
    pub(crate) counts: CountMatrix,
    pub(crate) digest: Option<CheckpointKey>,
}

fn find_counts(
    work: &CheckpointFolder,
    key: CheckpointKey,
    progress: &dyn Progress,
) -> Result<Option<CheckpointReader>> {
    let found = work.find(COUNTS, key, progress)?;
    if found.is_some() {
        progress.tell(&format!(
            "the words were counted by an earlier run: their counts are in `{}`",
            work.path().display()
        ));
    }
    Ok(found)
}

/// What the tokens of a corpus are known by without reading it; `None` where that cannot be.
fn key_of(corpus: &Corpus, config: &EmbedConfig, tokenizer: &Tokenizer) -> Option<CheckpointKey> {
    let stamp = |source: &Source| {
        let path = source.file()?;
        let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        let changed =
            metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_nanos().to_string();
        Some((source.path().display().to_string(), metadata.len(), changed))
    };
    let sources = corpus.sources().iter().map(stamp).collect::<Option<Vec<_>>>()?;
    let texts = (corpus.unit(), corpus.reading());
    let reading = (texts, &config.tokenizer, tokenizer.json(), &config.phrases);
    Some(CheckpointKey::of(&(
        sources,
        reading,
        config.document_tokens,
        config.sentences,
        config.cutoff,
    )))
}

/// What counts are known by.
fn counts_key(tokens: &str, n_words: usize, config: &EmbedConfig) -> CheckpointKey {
    CheckpointKey::of(&(tokens, n_words, config.contexts, config.subsample, config.seed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::budget::MemoryBudget;
    use crate::config::Recipe;
    use crate::tokenize::PhraseConfig;

    /// A corpus of 2.7 million tokens with so little memory that they go to the disk, and with as
    /// much as it takes.
    #[test]
    fn tokens_on_the_disk_give_the_same_counts() {
        let folder = tempfile::tempdir().unwrap();
        let sample = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/corpora/english.txt")).unwrap();
        let path = folder.path().join("text");
        fs::write(&path, sample.repeat(12)).unwrap();
        let corpus = Corpus::open(&path).unwrap();
        let work = folder.path().join("work");
        let counted = |config: &EmbedConfig, budget: Option<u64>, resume: bool| {
            let config = EmbedConfig {
                memory: MemoryBudget { bytes: budget },
                temporary_folder: Some(folder.path().to_path_buf()),
                ..config.clone()
            };
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
            pool.install(|| {
                let kept = resume.then(|| CheckpointFolder::open(&work).unwrap());
                let texts = Texts::new(&corpus, &config, kept.as_ref(), &()).unwrap();
                let on_disk =
                    matches!(&texts.rest, Rest::Tokens(sequences) if sequences.is_on_disk());
                let Counted { vocab, n_documents, counts, report, .. } =
                    texts.counts(&config, None, &()).unwrap();
                let of_vocab = (
                    vocab.words.parts().0.to_owned(),
                    vocab.counts,
                    vocab.document_frequencies,
                    vocab.stretches,
                    vocab.n_tokens,
                );
                (on_disk, of_vocab, n_documents, report, counts.to_csr_blocks().unwrap())
            })
        };
        let little = Some(MemoryBudget::FIXED_BYTES + (32 << 20));
        let subsample = Some(Subsampling { threshold: 1e-3, random: true });
        for config in [
            EmbedConfig::default(),
            EmbedConfig { subsample, ..EmbedConfig::default() },
            EmbedConfig { document_tokens: Some(100), ..EmbedConfig::default() },
            EmbedConfig { phrases: Some(PhraseConfig::default()), ..EmbedConfig::default() },
            EmbedConfig::recipe(Recipe::Passages),
        ] {
            let free = counted(&config, None, false);
            assert!(!free.0);
            for resume in [false, true, true] {
                let bounded = counted(&config, little, resume);
                assert!(bounded.0);
                assert_eq!((&bounded.1, bounded.2, &bounded.3), (&free.1, free.2, &free.3));
                assert!(bounded.4 == free.4);
            }
        }
    }
}
