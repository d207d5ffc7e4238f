//! Maps between languages, and translation by them.

use std::path::PathBuf;
use std::sync::Arc;

use eigenlex::align::{
    AlignmentMap, CommonSpaces, Language, MapForm, Retrieval, Translation, Translator, UnitRows,
};
use eigenlex::query::Restriction;
use eigenlex::{Error, WordId, WordVectors};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::model::{Contents, Held};
use crate::{errors, run};

/// A map of two languages, or the spaces of several.
enum Opened {
    Map(Box<AlignmentMap>),
    Spaces(CommonSpaces),
}

/// A file that `align` made.
#[pyclass(frozen, module = "eigenlex._eigenlex")]
pub(crate) struct Map {
    opened: Opened,
    path: PathBuf,
}

/// The rows of both sides of a map in the common space.
#[pyclass(frozen, module = "eigenlex._eigenlex")]
pub(crate) struct Mapped {
    from: Side,
    to: Side,
    dim: usize,
}

struct Side {
    contents: Arc<Contents>,
    rows: Vec<f32>,
}

#[pymethods]
impl Map {
    #[staticmethod]
    fn open(py: Python<'_>, path: PathBuf, is_several: bool) -> PyResult<Self> {
        let opened = run::short(py, || match is_several || CommonSpaces::is_at(&path) {
            true => CommonSpaces::open(&path).map(Opened::Spaces),
            false => AlignmentMap::open(&path).map(Box::new).map(Opened::Map),
        })?;
        Ok(Self { opened, path })
    }

    #[getter]
    fn path(&self) -> PathBuf {
        self.path.clone()
    }

    /// What it is and how it was made, as JSON.
    fn description(&self) -> String {
        let text = match &self.opened {
            Opened::Map(map) => serde_json::to_string(&map.description),
            Opened::Spaces(spaces) => serde_json::to_string(&spaces.description),
        };
        text.expect("numbers, strings and lists can be written")
    }

    /// The bytes of the file.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes = match &self.opened {
            Opened::Map(map) => map.to_bytes(),
            Opened::Spaces(spaces) => spaces.to_bytes(),
        };
        PyBytes::new(py, &bytes)
    }

    fn digest(&self) -> String {
        match &self.opened {
            Opened::Map(map) => map.digest(),
            Opened::Spaces(spaces) => spaces.digest(),
        }
    }

    /// The names of the spaces of a hub or a chain; none for a map of two languages.
    fn names(&self) -> Vec<&str> {
        match &self.opened {
            Opened::Map(_) => Vec::new(),
            Opened::Spaces(spaces) => {
                spaces.description.spaces.iter().map(|it| it.name.as_str()).collect()
            }
        }
    }

    /// The map between two spaces of a hub or a chain.
    fn between(&self, py: Python<'_>, from: &str, to: &str) -> PyResult<Self> {
        let Opened::Spaces(spaces) = &self.opened else {
            let message = "a map of two languages has no named spaces";
            return Err(errors::parameter(py, message));
        };
        let position = |name: &str, parameter| {
            spaces.position(name, parameter).map_err(|error| errors::of_library(py, error))
        };
        let map = spaces.between(position(from, "from")?, position(to, "to")?);
        Ok(Self { opened: Opened::Map(Box::new(map)), path: self.path.clone() })
    }

    /// The places of the vectors of both sides.
    fn places(&self, py: Python<'_>) -> PyResult<(PathBuf, PathBuf)> {
        let map = self.map(py)?;
        let place = |language| map.space(language).path.clone();
        Ok((place(Language::Source), place(Language::Target)))
    }

    /// Maps the vectors of both sides into the common space, as many as the map was learned from.
    fn apply(
        &self,
        py: Python<'_>,
        source: &Held,
        target: &Held,
        orthogonal: bool,
    ) -> PyResult<Mapped> {
        let map = self.map(py)?;
        let form = if orthogonal { MapForm::Orthogonal } else { MapForm::Weighted };
        let side = |language: Language, held: &Held| -> eigenlex::Result<Side> {
            let space = map.space(language);
            let vectors = held.contents.vectors();
            map.check_vectors(language, vectors, &space.path)?;
            let n_words = vectors.len().min(space.max_words);
            let rows = &vectors.as_slice()[..n_words * vectors.dim()];
            let rows = map.apply(language, form, rows).data;
            Ok(Side { contents: Arc::clone(&held.contents), rows })
        };
        run::short(py, || {
            let from = side(Language::Source, source)?;
            Ok(Mapped { from, to: side(Language::Target, target)?, dim: map.dim() })
        })
    }
}

impl Map {
    fn map(&self, py: Python<'_>) -> PyResult<&AlignmentMap> {
        match &self.opened {
            Opened::Map(map) => Ok(map),
            Opened::Spaces(spaces) => {
                let names = spaces.names();
                let message = format!(
                    "these are several spaces, {names}\nhint: choose two by between(from, to)"
                );
                Err(errors::parameter(py, message))
            }
        }
    }
}

impl Side {
    fn vectors(&self) -> &WordVectors {
        self.contents.vectors()
    }
}

/// Words with their cosine and CSLS score, best first.
type Translations = Vec<(String, f32, Option<f32>)>;

#[pymethods]
impl Mapped {
    /// The translations of each word, best first.
    fn translate(
        &self,
        py: Python<'_>,
        words: Vec<String>,
        top: usize,
        retrieval: &str,
        reverse: bool,
        among: Option<Vec<u32>>,
    ) -> PyResult<Vec<Translations>> {
        let Some(retrieval) = Retrieval::ALL.into_iter().find(|it| it.name() == retrieval) else {
            let message = format!("retrieval is `{retrieval}`, expected csls or nearest");
            return Err(errors::parameter(py, message));
        };
        if top == 0 {
            return Err(errors::parameter(py, "topn is 0, expected at least 1"));
        }
        let (from, to) = if reverse { (&self.to, &self.from) } else { (&self.from, &self.to) };
        let allowed = among.map(|ids| Restriction::new(ids.into_iter().map(WordId)));
        run::short(py, || {
            let (from_rows, to_rows) =
                (UnitRows::new(&from.rows, self.dim), UnitRows::new(&to.rows, self.dim));
            let words_of_target = to.vectors().words();
            let mut translator = Translator::new(from_rows, to_rows, words_of_target);
            let row = |it: Translation| (it.word, it.similarity, it.csls);
            words
                .iter()
                .map(|word| {
                    let id = self.find(from, word)?.index();
                    let vector = &from_rows.data[id * self.dim..][..self.dim];
                    let found =
                        translator.translate_among(vector, top, retrieval, allowed.as_ref());
                    Ok(found.into_iter().map(row).collect())
                })
                .collect()
        })
    }

    /// The rows of the words of a side: those of the first words of its vectors.
    fn rows<'py>(&self, py: Python<'py>, target: bool) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let side = if target { &self.to } else { &self.from };
        let rows = PyArray1::from_slice(py, &side.rows);
        rows.reshape([side.rows.len() / self.dim, self.dim])
    }
}

impl Mapped {
    fn find(&self, side: &Side, word: &str) -> eigenlex::Result<WordId> {
        let normalize = |word: &str| match &*side.contents {
            Contents::Model(_) => side.contents.normalize(word),
            Contents::Vectors(_) => word.to_lowercase(),
        };
        let id = eigenlex::query::resolve(side.vectors(), word, &normalize)?;
        if id.index() * self.dim < side.rows.len() {
            return Ok(id);
        }
        let reason = "it is not among the words that the map was learned from".to_owned();
        Err(Error::NothingFound { query: word.to_owned(), reason })
    }
}
