//! Questions about documents as methods of [`Model`].

use super::codes::Codes;
use super::encoder::Encoder;
use super::options::Components;
use super::search::{Query, SearchAnswer, search};
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::corpus::Corpus;
use crate::model::Model;

impl Model {
    /// The code of a text: `dim` numbers, in the space of the codes of
    /// [`Model::encode_documents`].
    ///
    /// For a great many texts make one [`Encoder`], which has more to say of each.
    ///
    /// # Errors
    /// [`Error::NothingFound`] if the model knows no word of it; [`Error::NoEncoder`] for a model
    /// of an earlier version.
    pub fn encode(&self, text: &str) -> Result<Vec<f32>> {
        let encoder = Encoder::new(self)?;
        let document = encoder.weigh_text(text)?;
        if document.words.is_empty() {
            let reason = "the model knows none of its words".to_owned();
            return Err(Error::NothingFound { query: text.to_owned(), reason });
        }
        Ok(encoder.part(&encoder.encode(&document), Components::Kept).to_vec())
    }

    /// The codes of all documents of a corpus, with their words, for [`Model::search`]. Documents
    /// without a word of the model have no code.
    ///
    /// # Errors
    /// A text that cannot be read, an interruption, [`Error::NoEncoder`].
    pub fn encode_documents(&self, corpus: &Corpus, progress: &dyn Progress) -> Result<Codes> {
        let encoder = Encoder::new(self)?;
        Ok(Codes::encode_with_words(&encoder, corpus, Components::Kept, progress)?.0)
    }

    /// The `top` documents that a query is about, by its words and by its meaning, best first; see
    /// [`search()`](crate::encode::search()) for the score.
    ///
    /// ```
    /// use eigenlex::{Corpus, EmbedConfig};
    ///
    /// let corpus = Corpus::open("corpora/english.txt")?;
    /// let model = eigenlex::embed(&corpus, &EmbedConfig::documents().dim(50), &())?;
    /// let codes = model.encode_documents(&corpus, &())?;
    /// let answers = model.search(&codes, "the king and his crown", 3)?;
    /// assert_eq!(answers.len(), 3);
    /// # Ok::<(), eigenlex::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NothingFound`] if neither the model nor the documents know a word of the query; a
    /// `top` of 0; [`Error::NoEncoder`].
    ///
    /// # Panics
    /// If the codes have not the dimensions of the model's.
    pub fn search(&self, codes: &Codes, query: &str, top: usize) -> Result<Vec<SearchAnswer>> {
        let encoder = Encoder::new(self)?;
        let document = encoder.weigh_text(query)?;
        let z = encoder.encode(&document);
        let code = (!document.words.is_empty()).then(|| encoder.part(&z, Components::Kept));
        let query = Query { words: encoder.words_of(query)?, code };
        Ok(search(codes, &query, top, |_| false)?.documents)
    }
}
