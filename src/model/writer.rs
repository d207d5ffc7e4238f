//! Writing a model: beside its final name, every file synced, and renamed when all is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::vocabulary::vocabulary_table;
use super::{
    DOCUMENTS_FILE, ENCODER_FILE, Model, PHRASES_FILE, PROVENANCE_FILE, SUBWORDS_FILE,
    TOKENIZER_FILE, VECTORS_FILE, VOCABULARY_FILE, ngram_file,
};
use crate::base::error::{Error, Result};
use crate::corpus::DocumentNames;
use crate::storage::atomic::{AtomicFile, free_name_beside, refuse_existing_folder, sync_folder};
use crate::tokenize::word_level_json;
use crate::vectors::format::safetensors;

/// The place of a model that is still to be made: looked at before the work begins, so that one
/// that cannot be written is found early.
///
/// Nothing stands on the disk until [`ModelWriter::write`] is called, and nothing is left there if
/// it fails.
#[derive(Debug)]
pub struct ModelWriter {
    path: PathBuf,
    partial: PathBuf,
    work: Option<PathBuf>,
    force: bool,
}

impl ModelWriter {
    /// Looks whether a model can be written at `path`; with `force`, a model that stands there will
    /// be replaced, but nothing else.
    ///
    /// # Errors
    /// [`Error::OutputExists`], [`Error::NotReplaceable`], or no folder can be made beside it.
    pub fn create(path: impl AsRef<Path>, force: bool) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        refuse_existing(&path, force)?;
        let writer = Self { partial: free_name_beside(&path, "partial")?, path, work: None, force };
        drop(writer.make_folder()?);
        Ok(writer)
    }

    /// The same writer, which builds the model within the folder `work`, on the same disk, if that
    /// is there by then: what a process that is killed while it writes has left is then found and
    /// removed.
    #[must_use]
    pub fn within(self, work: impl AsRef<Path>) -> Self {
        Self { work: Some(work.as_ref().to_path_buf()), ..self }
    }

    /// Writes the model and gives it its name.
    ///
    /// # Errors
    /// A full disk or another failure of the file system; then nothing is left behind, and what
    /// stood there is untouched.
    pub fn write(mut self, model: &Model) -> Result<()> {
        if let Some(work) = self.work.as_ref().filter(|work| work.is_dir()) {
            self.partial = work.join("model");
            if self.partial.is_dir() {
                fs::remove_dir_all(&self.partial)
                    .map_err(|source| Error::io("remove", &self.partial, source))?;
            }
        }
        let folder = self.make_folder()?;
        self.write_files(model).map_err(|error| self.at_final_path(error))?;
        refuse_existing(&self.path, self.force)?;
        let rename = |from: &Path, to: &Path| {
            fs::rename(from, to).map_err(|source| Error::io("rename", &self.path, source))
        };
        if fs::symlink_metadata(&self.path).is_ok() {
            let old = free_name_beside(&self.path, "replaced")?;
            rename(&self.path, &old)?;
            if let Err(error) = rename(&self.partial, &self.path) {
                rename(&old, &self.path)?;
                return Err(error);
            }
            fs::remove_dir_all(&old).map_err(|source| Error::io("remove", &old, source))?;
        } else {
            rename(&self.partial, &self.path)?;
        }
        // It has another name now, and is not partial any more.
        std::mem::forget(folder);
        sync_folder(self.path.parent());
        Ok(())
    }

    fn make_folder(&self) -> Result<PartialFolder<'_>> {
        fs::create_dir(&self.partial).map_err(|source| Error::io("create", &self.path, source))?;
        Ok(PartialFolder(&self.partial))
    }

    fn write_files(&self, model: &Model) -> Result<()> {
        let write = |name: &str, text: &str| {
            let mut file = AtomicFile::create(self.partial.join(name), false)?;
            file.put(text.as_bytes())?;
            file.commit()
        };
        let metadata = BTreeMap::from([
            ("program".to_owned(), model.provenance.program.clone()),
            ("digest".to_owned(), model.provenance.digest.clone()),
        ]);
        let singular_values =
            &model.provenance.spectrum.singular_values[model.provenance.config.drop_components..];
        safetensors::write_counted(
            &model.vectors,
            singular_values,
            [&model.counts, &model.document_frequencies],
            &metadata,
            self.partial.join(VECTORS_FILE),
            false,
        )?;
        if let Some(encoding) = &model.encoding {
            encoding.write(
                model.vectors.len(),
                &model.provenance.config,
                &self.partial.join(ENCODER_FILE),
            )?;
        }
        if let Some(ngrams) = &model.ngrams {
            ngram_file::write(ngrams, &self.partial.join(SUBWORDS_FILE))?;
        }
        if let Some(documents) = &model.documents {
            let path = self.partial.join(DOCUMENTS_FILE);
            let mut file = AtomicFile::create(&path, false)?;
            let it = &model.provenance;
            let names = DocumentNames::new(it.document_unit, it.corpus.sources.clone());
            documents.write(&names, &mut file, &path)?;
            file.commit()?;
        }
        write(VOCABULARY_FILE, &vocabulary_table(model))?;
        if model.provenance.config.phrases.is_some() {
            write(PHRASES_FILE, &model.tokenizer.phrases().to_table())?;
        }
        match model.tokenizer.json() {
            Some(json) => write(TOKENIZER_FILE, json)?,
            None => write(
                TOKENIZER_FILE,
                &word_level_json(model.tokenizer.config(), model.vectors.words()),
            )?,
        }
        model.provenance.check_finite()?;
        let mut provenance = serde_json::to_string_pretty(&model.provenance)
            .expect("numbers, strings and lists can be written");
        provenance.push('\n');
        write(PROVENANCE_FILE, &provenance)?;
        sync_folder(Some(&self.partial));
        Ok(())
    }

    /// The error, with the final path in place of the partial one, which a person has never heard
    /// of.
    fn at_final_path(&self, error: Error) -> Error {
        let rename = |path: PathBuf| {
            path.strip_prefix(&self.partial).map_or(path.clone(), |rest| self.path.join(rest))
        };
        match error {
            Error::DiskFull { path } => Error::DiskFull { path: rename(path) },
            Error::Io { action, path, source } => Error::Io { action, path: rename(path), source },
            error => error,
        }
    }
}

/// Removes the folder with all that is in it when it goes out of scope.
struct PartialFolder<'a>(&'a Path);

impl Drop for PartialFolder<'_> {
    fn drop(&mut self) {
        // Nobody is left to hear of a failure here; the folder's name says what it is.
        let _ = fs::remove_dir_all(self.0);
    }
}

fn refuse_existing(path: &Path, force: bool) -> Result<()> {
    refuse_existing_folder(path, force, "an eigenlex model", is_ours)
}

/// Whether a folder may be replaced as a whole: other programs have a `model.json` too, and a
/// folder of ours holds nothing but our files.
fn is_ours(folder: &Path) -> bool {
    /// What every version of the description says.
    #[derive(Deserialize)]
    struct Origin {
        program: String,
    }
    let files = [
        PROVENANCE_FILE,
        TOKENIZER_FILE,
        VOCABULARY_FILE,
        PHRASES_FILE,
        VECTORS_FILE,
        ENCODER_FILE,
        SUBWORDS_FILE,
        DOCUMENTS_FILE,
    ];
    let origin = fs::read(folder.join(PROVENANCE_FILE))
        .ok()
        .and_then(|json| serde_json::from_slice::<Origin>(&json).ok());
    origin.is_some_and(|origin| origin.program.starts_with("eigenlex"))
        && fs::read_dir(folder).is_ok_and(|mut entries| {
            entries.all(|entry| {
                entry.is_ok_and(|entry| files.iter().any(|&file| entry.file_name() == file))
            })
        })
}
