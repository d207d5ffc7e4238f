//! The scores of one set of vectors, in two halves.

use std::error::Error;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use eigenlex::WordVectors;
use eigenlex::evaluate::{
    Questions, ScoredPairs, Section, SectionItems, analogies, word_similarity,
};
use eigenlex::tokenize::Tokenizer;

/// Analogies are asked and searched among so many words.
const TOP_WORDS: usize = 30_000;

/// What vectors are scored on; the first half of each is for picking, the second for reporting.
pub(crate) struct Sets {
    questions: [Questions; 2],
    pairs: Vec<[ScoredPairs; 2]>,
}

/// Every second item, from the first or from the second on.
fn half<T: Clone>(items: &[T], second: bool) -> Vec<T> {
    items.iter().skip(usize::from(second)).step_by(2).cloned().collect()
}

impl Sets {
    pub(crate) fn read(folder: &Path, tokenizer: &Tokenizer) -> Result<Self, Box<dyn Error>> {
        let normalize = |word: &str| tokenizer.normalize(word);
        let path = folder.join("questions-words.txt");
        let questions = Questions::read(BufReader::new(File::open(&path)?), &path, &normalize)?;
        let half_of = |items: &SectionItems, second: bool| match items {
            SectionItems::Questions(questions) => SectionItems::Questions(half(questions, second)),
            SectionItems::Pairs(pairs) => SectionItems::Pairs(half(pairs, second)),
        };
        let questions = [false, true].map(|second| Questions {
            sections: questions
                .sections
                .iter()
                .map(|section| Section {
                    name: section.name.clone(),
                    items: half_of(&section.items, second),
                })
                .collect(),
            ..questions.clone()
        });
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            if ["ws353.tsv", "simlex999.tsv", "men3000.tsv", "rw2034.tsv"].contains(&name.as_str())
            {
                paths.push(path);
            }
        }
        paths.sort();
        let mut pairs = Vec::new();
        for path in paths {
            let all = ScoredPairs::read(BufReader::new(File::open(&path)?), &path, &normalize)?;
            pairs.push(
                [false, true]
                    .map(|second| ScoredPairs { pairs: half(&all.pairs, second), ..all.clone() }),
            );
        }
        Ok(Self { questions, pairs })
    }

    /// The names of the columns of [`Sets::row`].
    pub(crate) fn heading(&self) -> String {
        let mut columns = vec!["trial".to_owned()];
        for half in ["pick", "report"] {
            columns.extend(
                ["add", "mul", "semantic", "syntactic"].map(|score| format!("{half} {score}")),
            );
            let names = self.pairs.iter().map(|[pairs, _]| {
                Path::new(&pairs.file).file_stem().unwrap_or_default().to_string_lossy()
            });
            columns.extend(names.map(|name| format!("{half} {name}")));
        }
        columns.join("\t")
    }

    /// The scores in per cent: analogies by 3CosAdd, by 3CosMul and its two kinds, then Spearman's
    /// rho of each set.
    pub(crate) fn row(&self, name: &str, vectors: &WordVectors) -> Result<String, Box<dyn Error>> {
        let mut columns = vec![name.to_owned()];
        for half in 0..2 {
            let [add, mul] = analogies(vectors, &self.questions[half], Some(TOP_WORDS), &())?;
            for score in [add.all, mul.all, mul.semantic, mul.syntactic] {
                columns.push(format!(
                    "{:.1}",
                    100.0 * score.correct as f64 / score.answered.max(1) as f64
                ));
            }
            for pairs in &self.pairs {
                let rho = word_similarity(vectors, &pairs[half])?.spearman;
                columns
                    .push(rho.map_or_else(|| "-".to_owned(), |rho| format!("{:.1}", 100.0 * rho)));
            }
        }
        Ok(columns.join("\t"))
    }
}
