//! What `align` learns from: vectors with their spectrum, and the pairs of a dictionary.

use std::path::Path;

use anyhow::Result;
use eigenlex::align::{AlignInput, Dictionary, DictionaryPairs, lookup};
use eigenlex::tables::{Delimiter, TableReport};
use eigenlex::{Error, Model, Progress as _, WordVectors, Words};

use crate::cli::output::bars::Bars;

/// The pairs of a dictionary as words of two vocabularies, the first so many of each; reports a
/// file whose columns seem to be swapped.
pub(crate) fn pairs_of(
    dictionary: &Dictionary,
    words: [&Words; 2],
    limits: [usize; 2],
    bars: &Bars,
) -> DictionaryPairs {
    if is_notable(&dictionary.report) {
        bars.tell(&format!("`{}`: {}", dictionary.file, dictionary.report));
    }
    let ids = |side: usize| move |word: &str| lookup(words[side], word, limits[side]);
    let found = dictionary.pairs(ids(0), ids(1));
    let turned = dictionary.turned().pairs(ids(0), ids(1)).coverage;
    if turned.known_entries >= 10 && turned.known_entries > 2 * found.coverage.known_entries {
        bars.tell(&format!(
            "warning: the columns of `{}` may be swapped: {} of its {} pairs are known as they \
             are, \
             and {} with the columns exchanged",
            dictionary.file, found.coverage.known_entries, turned.entries, turned.known_entries
        ));
    }
    found
}

/// An error of aligning by dictionaries: pairs that are too few are counted among all that their
/// dictionary has, not only among those that both vocabularies know.
pub(crate) fn of_all_pairs(error: Error, dictionaries: &[DictionaryPairs]) -> Error {
    let Error::FewPairs { usable, given, needed } = error else { return error };
    let dictionary = dictionaries.iter().find(|found| found.pairs.len() == given);
    let given = dictionary.map_or(given, |found| found.coverage.entries);
    Error::FewPairs { usable, given, needed }
}

/// Whether a person should see what was taken from a dictionary: all that is not the first two
/// columns between tabs or spaces.
fn is_notable(report: &TableReport) -> bool {
    let is_usual = |heading: &str| Dictionary::COLUMNS.contains(&heading);
    let has_heading = |heading: &Option<String>| heading.as_deref().is_some_and(|it| !is_usual(it));
    !matches!(report.delimiter, Delimiter::Tab | Delimiter::Spaces | Delimiter::Mixed)
        || !report.left_out.is_empty()
        || report.columns.iter().any(|column| has_heading(&column.heading))
        || report.columns.iter().zip(1..).any(|(column, place)| column.column != place)
}

/// The vectors of a model without what spelling added to them, if there are any.
pub(crate) fn without_subwords(path: &Path) -> Result<Option<WordVectors>> {
    if !Model::is_at(path) || Model::open_provenance(path)?.config.subwords.is_none() {
        return Ok(None);
    }
    Ok(Model::open(path)?.vectors_without_subwords())
}

/// Vectors with their absolute path, and for a model its spectrum.
pub(crate) fn input<'a>(vectors: &'a WordVectors, path: &Path) -> Result<AlignInput<'a>> {
    let mut input =
        AlignInput::new(vectors, std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()));
    if Model::is_at(path) {
        let provenance = Model::open_provenance(path)?;
        let values = provenance.spectrum.singular_values;
        let kept = values.get(provenance.config.drop_components..).unwrap_or_default().to_vec();
        // A network has no singular values.
        input.spectrum =
            provenance.config.network.is_none().then_some((kept, provenance.config.sigma_exponent));
    }
    Ok(input)
}
