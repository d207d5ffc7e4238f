//! A file that appears under its name only when it is complete.
//!
//! Bytes go into a file beside the final name (`NAME.partial-...`), which [`AtomicFile::commit`]
//! syncs to the disk and renames. Whatever happens before, an error, a panic or an early return,
//! removes the partial file and leaves what stood under the name as it was.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::base::error::{Error, Result};

/// Bytes gathered before they go to the operating system.
const BUFFER_BYTES: usize = 1 << 20;

/// Fewer zero bytes are written as any others.
const LEAST_HOLE: u64 = 1 << 14;

/// Partial names tried before giving up: others are left behind by processes that were killed.
const NAMES_TRIED: u32 = 1000;

/// A file being written, not yet visible under its name.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    partial: PathBuf,
    /// `None` once committed: nothing is left to remove.
    writer: Option<BufWriter<File>>,
}

impl AtomicFile {
    /// Begins to write `path`; with `force` a file that stands there is replaced, at the commit and
    /// not before.
    ///
    /// # Errors
    /// [`Error::OutputExists`] without `force`, [`Error::NotReplaceable`] if a folder stands there,
    /// [`Error::Io`] or [`Error::DiskFull`] if nothing can be written beside it.
    pub fn create(path: impl AsRef<Path>, force: bool) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        refuse_existing(&path, force)?;
        for partial in names_beside(&path, "partial") {
            match OpenOptions::new().write(true).create_new(true).open(&partial) {
                Ok(file) => {
                    let writer = Some(BufWriter::with_capacity(BUFFER_BYTES, file));
                    return Ok(Self { path, partial, writer });
                }
                Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(Error::io("create", path, source)),
            }
        }
        Err(Error::io("create", path, io::ErrorKind::AlreadyExists.into()))
    }

    /// The final name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes all bytes, with the final name in the error.
    ///
    /// # Errors
    /// [`Error::DiskFull`] or [`Error::Io`].
    pub fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.write_all(bytes).map_err(|source| self.failed(source))
    }

    /// Writes zero bytes; many at once become a hole, which takes no room on most disks.
    ///
    /// # Errors
    /// [`Error::DiskFull`] or [`Error::Io`].
    pub fn put_zeros(&mut self, n_bytes: u64) -> Result<()> {
        if n_bytes < LEAST_HOLE {
            return self.put(&vec![0; n_bytes as usize]);
        }
        let file = self.file();
        // The length is set too: nothing may come behind the hole.
        let written = file
            .seek(SeekFrom::End(0))
            .and_then(|end| file.get_ref().set_len(end + n_bytes))
            .and_then(|()| file.seek(SeekFrom::End(0)));
        written.map(|_| ()).map_err(|source| self.failed(source))
    }

    /// Writes over the first bytes of what was written, for a header that is known at the end; the
    /// next write goes behind all others again.
    ///
    /// # Errors
    /// [`Error::DiskFull`] or [`Error::Io`].
    pub fn rewrite_start(&mut self, bytes: &[u8]) -> Result<()> {
        let file = self.file();
        let written = file
            .seek(SeekFrom::Start(0))
            .and_then(|_| file.write_all(bytes))
            .and_then(|()| file.seek(SeekFrom::End(0)));
        written.map(|_| ()).map_err(|source| self.failed(source))
    }

    /// The error for a failed write, with the final name in it.
    pub fn failed(&self, source: io::Error) -> Error {
        Error::io("write", &self.path, source)
    }

    /// Writes out what is buffered and syncs it to the disk: what remains for
    /// [`AtomicFile::commit`] is the rename.
    ///
    /// # Errors
    /// [`Error::DiskFull`] or [`Error::Io`].
    pub fn sync(&mut self) -> Result<()> {
        self.flush().map_err(|source| self.failed(source))?;
        self.file().get_ref().sync_all().map_err(|source| self.failed(source))
    }

    /// Writes out what is buffered, syncs it to the disk, and renames the file to its name.
    ///
    /// # Errors
    /// [`Error::DiskFull`] or [`Error::Io`]; then no new file is there.
    pub fn commit(mut self) -> Result<()> {
        self.sync()?;
        fs::rename(&self.partial, &self.path)
            .map_err(|source| Error::io("rename", &self.path, source))?;
        self.writer = None;
        sync_folder(self.path.parent());
        Ok(())
    }

    fn file(&mut self) -> &mut BufWriter<File> {
        self.writer.as_mut().expect("only commit, which consumes the file, takes the writer")
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            // Taken apart so that the buffer is not written once more into a file that goes away.
            drop(writer.into_parts());
            // Nobody is left to tell when this fails.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// Whether a file may be written at `path`, asked before work that takes hours.
///
/// # Errors
/// [`Error::OutputExists`] without `force`; [`Error::NotReplaceable`] if a folder, a device or a
/// pipe stands there, or a link to one.
pub fn refuse_existing(path: &Path, force: bool) -> Result<()> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    // A link that leads nowhere is replaced like a file.
    let is_other = if found.is_symlink() {
        fs::metadata(path).is_ok_and(|target| !target.is_file())
    } else {
        !found.is_file()
    };
    if is_other {
        return Err(Error::NotReplaceable { path: path.to_path_buf(), expected: "a file" });
    }
    if force { Ok(()) } else { Err(Error::OutputExists { path: path.to_path_buf() }) }
}

/// As [`refuse_existing`], for a folder: what stands there is replaced only if `is_ours` says that
/// it is what `expected` names.
///
/// # Errors
/// [`Error::OutputExists`] without `force`; [`Error::NotReplaceable`] for anything else than ours.
pub(crate) fn refuse_existing_folder(
    path: &Path,
    force: bool,
    expected: &'static str,
    is_ours: impl FnOnce(&Path) -> bool,
) -> Result<()> {
    if fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    if !force {
        return Err(Error::OutputExists { path: path.to_path_buf() });
    }
    if is_ours(path) {
        Ok(())
    } else {
        Err(Error::NotReplaceable { path: path.to_path_buf(), expected })
    }
}

/// `NAME.partial-123-0` beside `NAME`, if `partial` is what the file or folder is for, and the same
/// with higher numbers: some may be left by processes of the same id that were killed.
fn names_beside(path: &Path, role: &'static str) -> impl Iterator<Item = PathBuf> + use<> {
    let path = path.to_path_buf();
    (0..NAMES_TRIED).map(move |number| {
        let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
        name.push(format!(".{role}-{}-{number}", std::process::id()));
        path.with_file_name(name)
    })
}

/// The first of the names beside `path` for `role` that nothing has.
///
/// # Errors
/// All are taken.
pub(crate) fn free_name_beside(path: &Path, role: &'static str) -> Result<PathBuf> {
    names_beside(path, role)
        .find(|name| fs::symlink_metadata(name).is_err())
        .ok_or_else(|| Error::io("create", path, io::ErrorKind::AlreadyExists.into()))
}

/// Makes renames in a folder durable, where the system can do that; without a folder, in the
/// current one.
pub(crate) fn sync_folder(folder: Option<&Path>) {
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Not every file system syncs folders; the files themselves are synced already, so a refusal is
    // no failure.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[cfg(unix)]
    #[test]
    fn devices_and_links_to_folders_are_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        for target in [Path::new("/dev/null"), folder.path()] {
            std::os::unix::fs::symlink(target, &link).unwrap();
            let error = refuse_existing(&link, true).unwrap_err();
            assert!(matches!(error, Error::NotReplaceable { .. }), "{error}");
            fs::remove_file(&link).unwrap();
        }
        std::os::unix::fs::symlink("absent", &link).unwrap();
        assert!(refuse_existing(&link, true).is_ok());
        let error = refuse_existing(Path::new("/dev/null"), true).unwrap_err();
        assert!(matches!(error, Error::NotReplaceable { .. }), "{error}");
    }

    #[test]
    fn a_file_appears_only_at_the_commit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.txt");
        let mut file = AtomicFile::create(&path, false).unwrap();
        file.put(b"whole").unwrap();
        assert!(!path.exists());
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(names(folder.path()), ["out.txt"]);
    }

    #[test]
    fn a_header_is_written_last() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.txt");
        let mut file = AtomicFile::create(&path, false).unwrap();
        file.put(b"?? rest").unwrap();
        file.rewrite_start(b"12").unwrap();
        file.put(b" more").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"12 rest more");
    }

    #[test]
    fn an_abandoned_file_leaves_nothing_and_the_old_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.txt");
        fs::write(&path, "old").unwrap();
        let mut file = AtomicFile::create(&path, true).unwrap();
        file.put(b"new").unwrap();
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["out.txt"]);
    }

    #[test]
    fn what_exists_is_replaced_by_force_only_and_a_folder_never() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.txt");
        fs::write(&path, "old").unwrap();
        assert!(matches!(AtomicFile::create(&path, false), Err(Error::OutputExists { .. })));
        let mut file = AtomicFile::create(&path, true).unwrap();
        file.put(b"new").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(matches!(
            AtomicFile::create(folder.path(), true),
            Err(Error::NotReplaceable { .. })
        ));
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = AtomicFile::create(folder.path().join("no/out.txt"), false).unwrap_err();
        assert!(error.to_string().starts_with("cannot create `"), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_said_to_be_full() {
        // /dev/full accepts no byte; the guard must not remove it, so the writer is put together by
        // hand.
        let writer = BufWriter::new(OpenOptions::new().write(true).open("/dev/full").unwrap());
        let mut file = AtomicFile {
            path: "out.txt".into(),
            partial: "no-such-file.partial".into(),
            writer: Some(writer),
        };
        file.put(b"some").unwrap();
        assert!(matches!(file.commit(), Err(Error::DiskFull { .. })));
    }
}
