//! The words of a page: those of one model, or of several in one space.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use eigenlex::align::{
    AlignmentMap, AlignmentReport, CommonSpaces, Joined, Language, MapForm, NamedSpace,
};
use eigenlex::encode::TopicalWords;
use eigenlex::{Model, WordId, WordVectors};

use super::data::{Facts, Words, in_8_bits, packed};
use crate::cli::languages::names::names_of;
use crate::cli::vector_files;

/// Vectors, and of a model what else is known of its words.
pub(super) struct Space {
    pub(super) name: String,
    pub(super) vectors: WordVectors,
    pub(super) model: Option<Model>,
}

impl Space {
    /// Opens a model or a file of vectors.
    pub(super) fn open(name: String, path: &Path) -> Result<Self> {
        let vectors = vector_files::open(path, &())?.vectors;
        let model = Model::is_at(path).then(|| Model::open(path)).transpose()?;
        Ok(Self { name, vectors, model })
    }
}

/// The first words of a space, with vectors of length 1 that can be compared with those of the
/// other sides.
pub(super) struct Side<'a> {
    pub(super) name: &'a str,
    vectors: &'a WordVectors,
    model: Option<&'a Model>,
    dim: usize,
    /// `n_words x dim`; a word without a direction has zeros.
    pub(super) rows: Vec<f32>,
}

impl<'a> Side<'a> {
    /// The first words as they are, for a page of one space.
    pub(super) fn alone(
        vectors: &'a WordVectors,
        model: Option<&'a Model>,
        n_words: usize,
    ) -> Result<Self> {
        let (dim, lengths) = (vectors.dim(), vectors.lengths()?);
        let n_words = n_words.min(vectors.len());
        let rows = (0..n_words as u32).map(WordId).flat_map(|word| {
            let length = lengths[word.index()];
            let scale = move |number: &f32| if length > 0.0 { number / length } else { 0.0 };
            vectors.vector(word).iter().map(scale)
        });
        Ok(Self { name: "", vectors, model, dim, rows: rows.collect() })
    }

    /// The first words in a common space.
    pub(super) fn mapped(
        space: &'a Space,
        map: &AlignmentMap,
        language: Language,
        form: MapForm,
        n_words: usize,
    ) -> Self {
        let n_words = n_words.min(space.vectors.len());
        let first = &space.vectors.as_slice()[..n_words * space.vectors.dim()];
        let rows = map.apply(language, form, first).data;
        let (vectors, model) = (&space.vectors, space.model.as_ref());
        Self { name: &space.name, vectors, model, dim: map.dim(), rows }
    }

    /// Number of words that can be searched.
    pub(super) fn n_words(&self) -> usize {
        self.rows.len() / self.dim
    }

    pub(super) fn dim(&self) -> usize {
        self.dim
    }

    /// Number of words of the whole space.
    pub(super) fn n_all(&self) -> usize {
        self.vectors.len()
    }

    pub(super) fn row(&self, word: usize) -> &[f32] {
        &self.rows[word * self.dim..][..self.dim]
    }

    pub(super) fn has_direction(&self, word: usize) -> bool {
        self.row(word).iter().any(|&number| number != 0.0)
    }

    pub(super) fn spelling(&self, word: usize) -> &str {
        self.vectors.words().spelling(WordId(word as u32))
    }

    pub(super) fn id(&self, spelling: &str) -> Option<usize> {
        let id = self.vectors.id(spelling)?.index();
        (id < self.n_words()).then_some(id)
    }

    /// Whether a word is in more than a tenth of the documents, or of the passages of long ones,
    /// such as `the`.
    pub(super) fn is_common(&self, word: usize) -> bool {
        let word = WordId(word as u32);
        self.model.is_some_and(|model| TopicalWords::new(model).is_common(word))
    }
}

/// A word by its side and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) side: usize,
    pub(super) word: usize,
}

/// What is known of the words of all sides; `drawn` are those of the points from `first_point` on.
pub(super) fn words(sides: &[Side<'_>], drawn: &[Place], first_point: usize) -> Words {
    let places = || {
        sides
            .iter()
            .enumerate()
            .flat_map(|(side, it)| (0..it.n_words()).map(move |word| Place { side, word }))
    };
    let points: BTreeMap<Place, usize> =
        drawn.iter().enumerate().map(|(at, &place)| (place, first_point + at)).collect();
    let most = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let have_counts = sides.iter().all(|side| side.model.is_some());
    let of_models = |number: fn(&Model, usize) -> u64| {
        have_counts.then(|| {
            packed(places().map(|Place { side, word }| {
                most(sides[side].model.map_or(0, |model| number(model, word)))
            }))
        })
    };
    let several = sides.len() > 1;
    Words {
        n: places().count(),
        spelling: places()
            .map(|Place { side, word }| sides[side].spelling(word).to_owned())
            .collect(),
        count: of_models(|model, word| model.counts[word]),
        documents: of_models(|model, word| model.document_frequencies[word]),
        common: packed(places().map(|it| u8::from(sides[it.side].is_common(it.word)))),
        dispersion: None,
        dim: sides[0].dim(),
        vectors: Some(packed(places().flat_map(|it| in_8_bits(sides[it.side].row(it.word))))),
        point: packed(places().map(|it| points.get(&it).map_or(-1, |&point| point as i32))),
        side: several.then(|| packed(places().map(|it| it.side as u8))),
        sides: several.then(|| sides.iter().map(|side| side.name.to_owned()).collect()),
    }
}

/// The numbers of words as the page counts them: side after side.
pub(super) fn numbers<'a>(
    sides: &'a [Side<'_>],
    drawn: &'a [Place],
) -> impl Iterator<Item = i32> + 'a {
    let before: Vec<usize> = sides
        .iter()
        .scan(0, |sum, side| {
            let before = *sum;
            *sum += side.n_words();
            Some(before)
        })
        .collect();
    drawn.iter().map(move |it| (before[it.side] + it.word) as i32)
}

/// What joined the sides of a page.
pub(super) enum Join {
    Map(Box<AlignmentMap>),
    Spaces(Box<CommonSpaces>),
}

impl Join {
    /// The spaces that were joined, from where the map found them.
    pub(super) fn spaces(&self) -> Result<Vec<Space>> {
        match self {
            Self::Map(map) => {
                let languages = [Language::Source, Language::Target];
                let open = |(language, name): (Language, String)| {
                    let path = &map.space(language).path;
                    let space = Space::open(name, path)?;
                    map.check_vectors(language, &space.vectors, path)?;
                    Ok(space)
                };
                languages.into_iter().zip(names_of(map)).map(open).collect()
            }
            Self::Spaces(spaces) => {
                let open = |(position, named): (usize, &NamedSpace)| {
                    let space = Space::open(named.name.clone(), &named.space.path)?;
                    spaces.check_vectors(position, &space.vectors, &named.space.path)?;
                    Ok(space)
                };
                spaces.description.spaces.iter().enumerate().map(open).collect()
            }
        }
    }

    /// The sides in the common space.
    pub(super) fn sides<'a>(&self, spaces: &'a [Space], n_words: usize) -> Vec<Side<'a>> {
        let of = |(position, space): (usize, &'a Space)| match self {
            Self::Map(map) => {
                let language = if position == 0 { Language::Source } else { Language::Target };
                Side::mapped(space, map, language, MapForm::Weighted, n_words)
            }
            Self::Spaces(spaces) => {
                let form = if self.is_chain() { MapForm::Orthogonal } else { MapForm::Weighted };
                let map = spaces.between(position, position);
                Side::mapped(space, &map, Language::Source, form, n_words)
            }
        };
        spaces.iter().enumerate().map(of).collect()
    }

    pub(super) fn is_chain(&self) -> bool {
        match self {
            Self::Map(_) => false,
            Self::Spaces(spaces) => matches!(spaces.description.joined, Joined::Chain { .. }),
        }
    }

    /// What is known of the map, for a page with so many words.
    pub(super) fn facts(&self, spaces: &[Space]) -> Facts {
        let n_words = spaces.iter().map(|space| space.vectors.len()).sum();
        let (digest, dim) = match self {
            Self::Map(map) => (map.description.digest.clone(), map.dim()),
            Self::Spaces(it) => (it.description.digest.clone(), it.description.dim),
        };
        let n_documents = spaces
            .iter()
            .filter_map(|space| space.model.as_ref())
            .map(|model| model.provenance.n_documents)
            .sum();
        Facts { digest: digest.unwrap_or_default(), n_documents, n_words, dim }
    }

    /// Whether the map can be trusted, in sentences.
    pub(super) fn verdict(&self, spaces: &[Space]) -> Vec<String> {
        let of = |report: &AlignmentReport| format!("{}.", sentence(&report.sentence));
        match self {
            Self::Map(map) => vec![of(&map.description.report)],
            Self::Spaces(it) => match &it.description.joined {
                Joined::Hub { reports, .. } => reports
                    .iter()
                    .zip(&spaces[1..])
                    .map(|(report, space)| format!("{}: {}", space.name, of(report)))
                    .collect(),
                Joined::Chain { links } => links
                    .iter()
                    .zip(spaces.windows(2))
                    .map(|(link, pair)| {
                        format!(
                            "From {} to {}: {} shared words, of which {} kept their place best \
                             (mean cosine {:.2}; all: {:.2}).",
                            pair[0].name,
                            pair[1].name,
                            link.shared,
                            link.kept,
                            link.kept_similarity,
                            link.similarity
                        )
                    })
                    .collect(),
            },
        }
    }
}

/// A sentence without its full stop, beginning with a capital letter.
fn sentence(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}
