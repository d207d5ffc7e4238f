//! The end of a run: the decomposition, and the model.

use std::collections::BTreeMap;
use std::path::Path;

use super::Driver;
use super::operator::{DistributedMatrix, MatrixPart, Products};
use crate::base::error::Result;
use crate::base::progress::Progress;
use crate::config::EmbedConfig;
use crate::corpus::{Corpus, SourceReport};
use crate::embed::pipeline::{Decomposed, Learned};
use crate::embed::tail::Waiting;
use crate::model::{Ingredients, Model};
use crate::operator::LinearOperator;
use crate::storage::checkpoints::{CheckpointFolder, CheckpointKey, CheckpointSlot};
use crate::tokenize::{CorpusReport, ShareReport};
use crate::vocab::Vocab;

impl Driver {
    /// Decomposes the matrix and makes the model. `fingerprints` are those of the files that were
    /// read in parts. The iteration keeps its state in a folder, if one is given, and goes on from
    /// there; `key` tells runs apart.
    ///
    /// # Errors
    /// What the products or the folder give; an interruption.
    pub fn decompose(
        &self,
        products: &dyn Products,
        n_slots: usize,
        fingerprints: &[SourceReport],
        kept: Option<(&Path, &str)>,
        progress: &dyn Progress,
    ) -> Result<Model> {
        let vocab = self.vocab();
        let matrix = |part: MatrixPart| {
            let ((n_columns, is_symmetric), headers) =
                (self.shape(part), &self.headers[part as usize]);
            DistributedMatrix::new(part, n_columns, is_symmetric, headers, n_slots, products)
        };
        let (fitted, others) = (matrix(MatrixPart::Fitted), matrix(MatrixPart::Others));
        let folder = kept.map(|(folder, _)| CheckpointFolder::open(folder)).transpose()?;
        let solver = self.solver();
        let slot = folder.as_ref().zip(kept).map(|(folder, (_, key))| CheckpointSlot {
            folder,
            key: CheckpointKey::of(&(key, &solver)),
        });
        let svd = solver.decompose_kept(&fitted, slot, progress)?;
        let has_others = self.fit_words().is_some();
        let decomposed = Decomposed {
            svd,
            shape: (fitted.n_rows(), fitted.n_columns()),
            waiting: has_others.then_some(Waiting::Elsewhere(&others)),
            n_nonzeros: self.n_nonzeros,
            statistics: self.terms.as_ref().expect("the terms were made").statistics.clone(),
        };
        let Learned { encoding, vectors, ngrams, n_nonzeros, spectrum, training } =
            decomposed.into_vectors(&self.tail(), vocab, None, progress)?;
        let corpus = Corpus::of_share(Vec::new(), self.plan.unit, self.plan.options.clone(), None);
        let vocab = Vocab {
            words: vocab.words.iter().collect(),
            counts: vocab.counts.clone(),
            document_frequencies: vocab.document_frequencies.clone(),
            stretches: Vec::new(),
            n_distinct: vocab.n_distinct,
            n_tokens: vocab.n_tokens,
        };
        let config = EmbedConfig { memory: self.plan.config.memory, ..self.config.clone() };
        let made_of = Ingredients {
            corpus: &corpus,
            config: &config,
            tokenizer: self.tokenizer.clone(),
            report: self.report(fingerprints),
            metadata: None,
            vocab,
            n_documents: self.n_documents,
            n_nonzeros,
            vectors,
            ngrams,
            encoding,
            spectrum,
            training,
        };
        Ok(made_of.into_model())
    }

    /// What all shares have read.
    fn report(&self, fingerprints: &[SourceReport]) -> CorpusReport {
        let whole: BTreeMap<&str, &SourceReport> =
            fingerprints.iter().map(|it| (it.path.as_str(), it)).collect();
        let mut total = CorpusReport::default();
        for ShareReport { report, .. } in &self.reports {
            for source in &report.sources {
                let file = whole.get(source.path.as_str());
                match (total.sources.last_mut(), file) {
                    // The next part of the same file.
                    (Some(last), Some(file))
                        if last.path == source.path && last.bytes < file.bytes =>
                    {
                        last.bytes += source.bytes;
                        last.n_documents =
                            last.n_documents.zip(source.n_documents).map(|(a, b)| a + b);
                    }
                    _ => {
                        let sha256 = &file.map_or(source, |file| file).sha256;
                        total
                            .sources
                            .push(SourceReport { sha256: sha256.clone(), ..source.clone() });
                    }
                }
            }
            total.text_bytes += report.text_bytes;
            total.replaced_lines += report.replaced_lines;
            total.skipped_lines += report.skipped_lines;
            total.control_characters += report.control_characters;
            total.words += report.words;
        }
        total.joined_words = self.joined.iter().map(|list| list.len() as u64).sum();
        total.abbreviations = self.abbreviations;
        total
    }
}
