//! Word categorisation: do clusters of vectors agree with classes made by people?
//!
//! In: a file of classes and their words (AP by Almuhareb & Poesio, BLESS, Battig and others). Out:
//! the purity (Zhao & Karypis 2001, section 3) of a clustering of the known words into as many
//! clusters as classes: each cluster stands for the class that most of its words belong to, and
//! `purity = words in the class of their cluster / clustered words`, from nearly 0 to 1. The
//! clusters are those of [`KMeans`] on vectors of unit length, with a fixed seed. Small clusters
//! raise the purity, so compare figures of one file only. Another seed finds another local minimum,
//! nearly as good, whose purity may differ by several hundredths (0.50 to 0.59 on 357 words of AP,
//! eight seeds), so small differences mean nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;
use std::path::Path;

use serde::Serialize;

use super::lines::{each_line, fields};
use super::score::Score;
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::linalg::dot::write_unit;
use crate::query::KMeans;
use crate::vectors::WordVectors;

/// Starts of the clustering, the best of which counts. More lower the inertia further (with 50, 357
/// words of AP end at 252.7 to 255.1 for eight seeds, with 10 at 253.8 to 256.7), but cost time.
const STARTS: usize = 50;

/// Headings of the column of classes.
const CLASS_HEADINGS: [&str; 3] = ["class", "category", "label"];

/// Headings of the column of words.
const WORD_HEADINGS: [&str; 3] = ["word", "concept", "item"];

/// A file of words in classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Categories {
    /// The file's name, for the report.
    pub file: String,
    /// A class and a word in it, each pair once, in the order of the file; there are at least two
    /// classes.
    pub members: Vec<(String, String)>,
}

/// How well the clusters of the vectors agree with the classes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CategoryScore {
    /// The file of classes.
    pub file: String,
    /// Correct of answered, above 0 and at most 1; `None` if no word is known.
    pub purity: Option<f64>,
    /// Classes with a known word, and clusters made.
    pub classes: usize,
    /// Correct: words in the class of their cluster. Answered: words that are known.
    #[serde(flatten)]
    pub score: Score,
}

impl Categories {
    /// Reads classes; `normalize` spells a word as in the vocabulary, `path` names the stream.
    ///
    /// A line holds a class and a word, separated by a tab, else by a comma or semicolon, else by
    /// spaces. Either may come first: a heading (`class`, `category` or `label`, and `word`,
    /// `concept` or `item`) says which; without one, the column with fewer distinct values holds
    /// the classes, or the first one if both have as many. Lines that begin with `#` are comments;
    /// a line with a class and no word is skipped.
    ///
    /// ```
    /// use eigenlex::evaluate::Categories;
    /// let file = "tree\tOak\ntree\tElm\npain\tHeadache\n";
    /// let lower = |word: &str| word.to_lowercase();
    /// let categories = Categories::read(file.as_bytes(), "classes.tsv".as_ref(), &lower)?;
    /// assert_eq!(categories.members[0], ("tree".to_owned(), "oak".to_owned()));
    /// # Ok::<(), eigenlex::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Malformed`](crate::Error::Malformed) with the line; [`Error::Io`](crate::Error::Io)
    /// if the stream fails.
    pub fn read(
        input: impl BufRead,
        path: &Path,
        normalize: &dyn Fn(&str) -> String,
    ) -> Result<Self> {
        let mut rows: Vec<[String; 2]> = Vec::new();
        let mut heading: Option<bool> = None;
        let mut is_first = true;
        each_line(input, path, |line, number| {
            if line.starts_with('#') {
                return Ok(());
            }
            let bad = |(found, expected)| Error::malformed(path, Some(number), found, expected);
            let [left, right] = two_fields(line).map_err(bad)?;
            if std::mem::take(&mut is_first) {
                heading = classes_come_first(left, right);
                if heading.is_some() {
                    return Ok(());
                }
            }
            if !left.is_empty() && !right.is_empty() {
                rows.push([left.to_owned(), right.to_owned()]);
            }
            Ok(())
        })?;
        if rows.is_empty() {
            return Err(Error::malformed(path, None, "no word", "lines of a class and a word"));
        }
        let n_different =
            |column: usize| rows.iter().map(|row| &row[column]).collect::<BTreeSet<_>>().len();
        let classes_first = heading.unwrap_or_else(|| n_different(0) <= n_different(1));
        let class_column = usize::from(!classes_first);
        if n_different(class_column) < 2 {
            let found = format!("one class, `{}`", rows[0][class_column]);
            return Err(Error::malformed(path, None, found, "at least two classes"));
        }
        let mut seen = BTreeSet::new();
        let members = rows
            .into_iter()
            .map(|[left, right]| if classes_first { (left, right) } else { (right, left) });
        let members = members
            .map(|(class, word)| (class, normalize(&word)))
            .filter(|member| seen.insert(member.clone()))
            .collect();
        Ok(Self { file: path.display().to_string(), members })
    }
}

/// The two fields of a line, of which one may be empty; or what is there instead, and what is
/// expected.
fn two_fields(line: &str) -> std::result::Result<[&str; 2], (String, &'static str)> {
    let found = fields(line);
    match <[&str; 2]>::try_from(found.as_slice()) {
        Ok(["", ""]) => Err(("two empty fields".to_owned(), "a class and a word")),
        Ok(both) => Ok(both),
        Err(_) => {
            let expected = "a class and a word, separated by a tab";
            Err((format!("{} field(s)", found.len()), expected))
        }
    }
}

/// Whether a heading has the class first; `None` if the line is not a heading.
fn classes_come_first(left: &str, right: &str) -> Option<bool> {
    let is_in =
        |names: &[&str], field: &str| names.iter().any(|name| field.eq_ignore_ascii_case(name));
    if is_in(&CLASS_HEADINGS, left) && is_in(&WORD_HEADINGS, right) {
        Some(true)
    } else {
        (is_in(&WORD_HEADINGS, left) && is_in(&CLASS_HEADINGS, right)).then_some(false)
    }
}

/// Groups the known words into as many clusters as they have classes, and compares the clusters
/// with the classes.
///
/// # Errors
/// [`Error::NotFinite`](crate::Error::NotFinite) if a vector is not finite;
/// [`Error::Interrupted`](crate::Error::Interrupted).
pub fn categorization(
    vectors: &WordVectors,
    categories: &Categories,
    progress: &dyn Progress,
) -> Result<CategoryScore> {
    let lengths = vectors.lengths()?;
    let dim = vectors.dim();
    let mut units = Vec::new();
    let mut known_classes = Vec::new();
    for (class, word) in &categories.members {
        if let Some(id) = vectors.id(word).filter(|id| lengths[id.index()] > 0.0) {
            let begin = units.len();
            units.resize(begin + dim, 0.0f32);
            write_unit(vectors.vector(id), lengths[id.index()], &mut units[begin..]);
            known_classes.push(class.as_str());
        }
    }
    let classes = known_classes.iter().collect::<BTreeSet<_>>().len();
    let mut score =
        Score { total: categories.members.len(), answered: known_classes.len(), correct: 0 };
    if score.answered > 0 {
        let clustering =
            KMeans { n_starts: STARTS, ..KMeans::new(classes) }.cluster(&units, dim, progress)?;
        score.correct = n_in_class_of_cluster(&clustering.clusters, &known_classes);
    }
    let purity = (score.answered > 0).then(|| score.correct as f64 / score.answered as f64);
    Ok(CategoryScore { file: categories.file.clone(), purity, classes, score })
}

/// The sum over the clusters of the words in the commonest class of each.
fn n_in_class_of_cluster(clusters: &[u32], classes: &[&str]) -> usize {
    let mut sizes: BTreeMap<u32, BTreeMap<&str, usize>> = BTreeMap::new();
    for (&cluster, &class) in clusters.iter().zip(classes) {
        *sizes.entry(cluster).or_default().entry(class).or_default() += 1;
    }
    sizes.values().filter_map(|sizes| sizes.values().max()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Words;
    use proptest::prelude::*;

    fn read(text: &[u8]) -> Result<Categories> {
        Categories::read(text, Path::new("c.tsv"), &|word: &str| word.to_lowercase())
    }

    #[test]
    fn classes_may_stand_on_either_side_and_have_headings() {
        for text in [
            "tree\tOak\ntree\t\ntree\toak\npain\tache\ntree\tice plant\n",
            "# AP\ntree,Oak\npain,ache\ntree,ice plant\n",
            "Oak\ttree\nache\tpain\nice plant\ttree\n",
            "Category;Word\ntree;Oak\npain;ache\ntree;ice plant\r\n",
            "\u{FEFF}word\tclass\noak\ttree\n\nache\tpain\nice plant\ttree\n",
        ] {
            let members = read(text.as_bytes()).unwrap().members;
            let expected = [("tree", "oak"), ("pain", "ache"), ("tree", "ice plant")];
            assert!(
                members.iter().map(|(class, word)| (class.as_str(), word.as_str())).eq(expected),
                "{text}: {members:?}"
            );
        }
        // As many classes as words: the first column, or what the heading says.
        assert_eq!(read(b"a b\nc d\n").unwrap().members[0], ("a".to_owned(), "b".to_owned()));
        assert_eq!(
            read(b"word class\na b\nc d\n").unwrap().members[0],
            ("b".to_owned(), "a".to_owned())
        );
    }

    #[test]
    fn other_lines_are_named() {
        let fails =
            |text: &[u8], message: &str| assert_eq!(read(text).unwrap_err().to_string(), message);
        fails(
            b"tree\toak\ntree\toak\telm\n",
            "`c.tsv`, line 2: found 3 field(s), expected a class and a word, separated by a tab",
        );
        fails(
            b"oak\n",
            "`c.tsv`, line 1: found 1 field(s), expected a class and a word, separated by a tab",
        );
        fails(
            b"tree,oak\n,\n",
            "`c.tsv`, line 2: found two empty fields, expected a class and a word",
        );
        fails(
            b"tree\toak\ntree\telm\n",
            "`c.tsv`: found one class, `tree`, expected at least two classes",
        );
        fails(b"class\tword\n\n", "`c.tsv`: found no word, expected lines of a class and a word");
        fails(b"", "`c.tsv`: found no word, expected lines of a class and a word");
        fails(b"tree\t\xFF\n", "`c.tsv`, line 1, byte 5: the byte 0xFF is not valid UTF-8");
    }

    #[test]
    fn purity_is_that_worked_out_by_hand() {
        // Zhao & Karypis's definition: two of a in cluster 0, one of b (or c) in 1, three of c in
        // 2.
        let classes = ["a", "a", "b", "b", "c", "c", "c", "c"];
        assert_eq!(n_in_class_of_cluster(&[0, 0, 0, 1, 1, 2, 2, 2], &classes), 2 + 1 + 3);
        assert_eq!(n_in_class_of_cluster(&[5, 5, 5, 5, 5, 5, 5, 5], &classes), 4);
        assert_eq!(n_in_class_of_cluster(&[0, 1, 2, 3, 4, 5, 6, 7], &classes), 8);
    }

    /// Two bundles of directions; `stray` lies among the trees, `zero` has no direction.
    fn bundles() -> WordVectors {
        let words: Words = ["oak", "elm", "ache", "cramp", "stray", "zero"].into_iter().collect();
        WordVectors::new(words, 2, vec![1.0, 0.1, 9.0, 0.0, 0.0, 1.0, 0.5, 9.0, 2.0, 0.3, 0.0, 0.0])
    }

    #[test]
    fn unknown_words_are_counted_but_not_clustered() {
        let text = "tree oak\ntree elm\ntree zero\npain ache\npain cramp\npain stray\n\
                    pain unknown\nfood unknown\n";
        let categories = read(text.as_bytes()).unwrap();
        let score = categorization(&bundles(), &categories, &()).unwrap();
        assert_eq!((score.classes, score.score), (2, Score { correct: 4, answered: 5, total: 8 }));
        assert_eq!(
            serde_json::to_string(&score).unwrap(),
            r#"{"file":"c.tsv","purity":0.8,"classes":2,"correct":4,"answered":5,"total":8}"#
        );
        let unknown = categorization(&bundles(), &read(b"a x\nb y\n").unwrap(), &()).unwrap();
        assert_eq!((unknown.purity, unknown.classes, unknown.score.total), (None, 0, 2));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(
            text in "((class|word|#|a|b|é|)[\t, ;](word|class|c|d|)[\t]?\r?\n){0,6}",
        ) {
            if let Ok(categories) = read(text.as_bytes()) {
                let mut members = categories.members.clone();
                members.sort();
                members.dedup();
                prop_assert_eq!(members.len(), categories.members.len());
            }
        }

        #[test]
        fn what_was_written_is_read(
            members in proptest::collection::btree_set(("[a-c]", "[a-z]{2,9}"), 1..40),
        ) {
            let line = |(class, word): &(String, String)| format!("{class}\t{word}\n");
            let text: String = members.iter().map(line).collect();
            let n_classes = members.iter().map(|member| &member.0).collect::<BTreeSet<_>>().len();
            let n_words = members.iter().map(|member| &member.1).collect::<BTreeSet<_>>().len();
            let headed = format!("category\tword\n{text}");
            let found = read(headed.as_bytes());
            prop_assert_eq!(found.is_ok(), n_classes >= 2);
            if let Ok(found) = found {
                prop_assert!(found.members.iter().eq(&members));
                prop_assert!(n_classes > n_words || read(text.as_bytes()).unwrap() == found);
            }
        }
    }
}
