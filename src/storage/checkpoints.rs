//! Results of finished stages, kept in a folder while a long computation runs: a process that is
//! killed loses the stage that it was in, no more.
//!
//! A file a stage: 16 bytes that name the format, the SHA-256 of what the result was made from
//! ([`CheckpointKey`]), the result, and a digest of all before it. A file takes its name when it is
//! whole. It is not synced: what a failing machine has not written does not agree with the digest,
//! and is made anew. The digest is the SHA-256 of the SHA-256 of each megabyte, so that all threads
//! hash. Numbers are as the machine has them: work is not for carrying elsewhere.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use pulp::bytemuck::{self, Pod};
use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::base::error::{Error, Result};
use crate::base::progress::Progress;

/// The first bytes of every file, with the version of the format.
const MAGIC: &[u8; 16] =
    if cfg!(target_endian = "little") { b"eigenlex work 1\n" } else { b"eigenlex-work 1\n" };

/// Bytes that are hashed as one.
const CHUNK: usize = 1 << 20;

/// Chunks that are hashed side by side, and held in memory for that.
const CHUNKS_AT_A_TIME: usize = 8;

/// Bytes of a key, and of a digest.
const HASH: usize = 32;

/// Held by the process that works in the folder.
const LOCK_FILE: &str = "lock";

/// A SHA-256: of what a result is made from, or of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CheckpointKey([u8; HASH]);

impl CheckpointKey {
    /// The key of what is made of `inputs`, all of them, by this version of the program, on
    /// machines with this order of the bytes of a number: numbers are kept as they lie in memory.
    pub(crate) fn of(inputs: &impl Serialize) -> Self {
        let mut hasher =
            Sha256::new_with_prefix(concat!("eigenlex ", env!("CARGO_PKG_VERSION"), "\n"));
        if cfg!(target_endian = "big") {
            hasher.update("big-endian\n");
        }
        hasher
            .update(serde_json::to_vec(inputs).expect("numbers, strings and lists can be written"));
        Self(hasher.finalize().into())
    }

    /// In hexadecimal.
    pub(crate) fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Where a stage keeps its states, and what its inputs and parameters are known by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CheckpointSlot<'a> {
    pub(crate) folder: &'a CheckpointFolder,
    pub(crate) key: CheckpointKey,
}

/// A folder of results.
#[derive(Debug)]
pub(crate) struct CheckpointFolder {
    path: PathBuf,
    /// The lock, once the folder is there.
    lock: OnceLock<File>,
}

impl CheckpointFolder {
    /// The folder at `path`, which is made when the first result is kept.
    ///
    /// # Errors
    /// [`Error::InUse`] if another process works in it, [`Error::NotReplaceable`] if it is not
    /// ours, or a failure of the file system.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let folder = Self { path: path.to_path_buf(), lock: OnceLock::new() };
        if fs::symlink_metadata(path).is_ok() {
            if !is_ours(path) {
                return Err(Error::NotReplaceable {
                    path: folder.path,
                    expected: "a folder of checkpoints",
                });
            }
            folder.lock()?;
        }
        Ok(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn lock(&self) -> Result<()> {
        if self.lock.get().is_some() {
            return Ok(());
        }
        let path = self.path.join(LOCK_FILE);
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(|source| Error::io("create", &path, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse { path: self.path.clone() }),
            // Some file systems know no locks; then two processes may do the same work twice, each
            // with whole files.
            Err(TryLockError::Error(source)) if source.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(source)) => return Err(Error::io("lock", path, source)),
        }
        _ = self.lock.set(file);
        Ok(())
    }

    /// The result `name`, if it is there, whole, and made from the same. What cannot be used is
    /// reported to `progress`.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn find(
        &self,
        name: &'static str,
        key: CheckpointKey,
        progress: &dyn Progress,
    ) -> Result<Option<CheckpointReader>> {
        let path = self.path.join(name);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::io("read", path, source)),
        };
        match CheckpointReader::check(file, key)
            .map_err(|source| Error::io("read", &path, source))?
        {
            Ok((file, end, digest)) => Ok(Some(CheckpointReader { file, left: end, digest, path })),
            Err(reason) => {
                progress.tell(&format!("`{}` {reason}; this stage is done again", path.display()));
                Ok(None)
            }
        }
    }

    /// Keeps what `write` writes as the result `name`, in place of an older one; returns its
    /// digest.
    ///
    /// # Errors
    /// A full disk or another failure of the file system.
    pub(crate) fn keep(
        &self,
        name: &str,
        key: CheckpointKey,
        write: impl FnOnce(&mut CheckpointWriter) -> Result<()>,
    ) -> Result<CheckpointKey> {
        if self.lock.get().is_none() {
            fs::create_dir_all(&self.path)
                .map_err(|source| Error::io("create", &self.path, source))?;
            self.lock()?;
        }
        let path = self.path.join(name);
        let partial = self.path.join(format!("{name}.partial"));
        let kept = CheckpointWriter::create(&partial, key).and_then(|mut writer| {
            write(&mut writer)?;
            let digest = writer.finish()?;
            fs::rename(&partial, &path).map_err(|source| Error::io("rename", &path, source))?;
            Ok(digest)
        });
        if kept.is_err() {
            // The first failure is the one to tell.
            _ = fs::remove_file(&partial);
        }
        kept
    }
}

/// Removes a folder of checkpoints, the one of
/// [`EmbedConfig::checkpoint_folder`](crate::EmbedConfig::checkpoint_folder), if there is one.
///
/// # Errors
/// [`Error::Io`] where the file system refuses it.
pub fn remove_checkpoints(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    if is_ours(path) {
        fs::remove_dir_all(path).map_err(|source| Error::io("remove", path, source))
    } else {
        Ok(())
    }
}

/// Whether a folder holds a lock file, as ours do.
fn is_ours(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) && path.join(LOCK_FILE).is_file()
}

/// Writes a result.
pub(crate) struct CheckpointWriter {
    file: BufWriter<File>,
    path: PathBuf,
    pending: Vec<u8>,
    hasher: Sha256,
}

impl CheckpointWriter {
    fn create(path: &Path, key: CheckpointKey) -> Result<Self> {
        let file = File::create(path).map_err(|source| Error::io("create", path, source))?;
        let mut writer = Self {
            file: BufWriter::new(file),
            path: path.to_path_buf(),
            pending: Vec::new(),
            hasher: Sha256::new(),
        };
        writer.put(MAGIC)?;
        writer.put(&key.0)?;
        Ok(writer)
    }

    /// Writes numbers, or bytes.
    pub(crate) fn put<T: Pod>(&mut self, numbers: &[T]) -> Result<()> {
        let mut bytes: &[u8] = bytemuck::cast_slice(numbers);
        while !bytes.is_empty() {
            let room = CHUNKS_AT_A_TIME * CHUNK - self.pending.len();
            let (head, tail) = bytes.split_at(room.min(bytes.len()));
            self.pending.extend_from_slice(head);
            bytes = tail;
            if self.pending.len() == CHUNKS_AT_A_TIME * CHUNK {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Writes the number of items, then the items.
    pub(crate) fn put_list<T: Pod>(&mut self, numbers: &[T]) -> Result<()> {
        self.put(&[numbers.len() as u64])?;
        self.put(numbers)
    }

    fn flush(&mut self) -> Result<()> {
        add_chunks(&mut self.hasher, &self.pending);
        self.file
            .write_all(&self.pending)
            .map_err(|source| Error::io("write", &self.path, source))?;
        self.pending.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<CheckpointKey> {
        self.flush()?;
        let digest = CheckpointKey(self.hasher.finalize().into());
        let written = self.file.write_all(&digest.0).and_then(|()| self.file.flush());
        written.map_err(|source| Error::io("write", &self.path, source))?;
        Ok(digest)
    }
}

/// Adds the digests of the chunks of some bytes, whole chunks but for the last ones of a file.
fn add_chunks(hasher: &mut Sha256, bytes: &[u8]) {
    let digests: Vec<[u8; HASH]> =
        bytes.par_chunks(CHUNK).map(|chunk| Sha256::digest(chunk).into()).collect();
    digests.iter().for_each(|digest| hasher.update(digest));
}

/// Reads a result that was found whole.
#[derive(Debug)]
pub(crate) struct CheckpointReader {
    file: File,
    /// Bytes that are left.
    left: u64,
    digest: CheckpointKey,
    path: PathBuf,
}

/// A file, at the beginning of its result, with the length and the digest of that; or what is wrong
/// with it.
type Checked = std::result::Result<(File, u64, CheckpointKey), &'static str>;

impl CheckpointReader {
    fn check(mut file: File, key: CheckpointKey) -> io::Result<Checked> {
        const DAMAGED: &str = "is damaged";
        let frame = (MAGIC.len() + HASH) as u64;
        let Some(end) = file.metadata()?.len().checked_sub(HASH as u64).filter(|&end| end >= frame)
        else {
            return Ok(Err(DAMAGED));
        };
        let mut magic = [0; MAGIC.len()];
        file.read_exact(&mut magic)?;
        if magic != *MAGIC {
            return Ok(Err("was left by another version of the program"));
        }
        let mut found = [0; HASH];
        file.read_exact(&mut found)?;
        if found != key.0 {
            return Ok(Err("was made from another corpus or with other parameters"));
        }
        file.rewind()?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; CHUNKS_AT_A_TIME * CHUNK];
        let mut left = end;
        while left > 0 {
            let part = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            file.read_exact(&mut buffer[..part])?;
            add_chunks(&mut hasher, &buffer[..part]);
            left -= part as u64;
        }
        let digest: [u8; HASH] = hasher.finalize().into();
        file.read_exact(&mut found)?;
        if found != digest {
            return Ok(Err(DAMAGED));
        }
        file.seek(SeekFrom::Start(frame))?;
        Ok(Ok((file, end - frame, CheckpointKey(digest))))
    }

    /// The digest of the whole file.
    pub(crate) fn digest(&self) -> CheckpointKey {
        self.digest
    }

    /// The next `n` numbers.
    ///
    /// # Errors
    /// They cannot be read, or there are not so many.
    pub(crate) fn take<T: Pod>(&mut self, n: usize) -> Result<Vec<T>> {
        let n_bytes = (n as u64).saturating_mul(size_of::<T>() as u64);
        if n_bytes > self.left {
            return Err(Error::io("read", &self.path, io::ErrorKind::UnexpectedEof.into()));
        }
        let mut numbers = vec![T::zeroed(); n];
        self.file
            .read_exact(bytemuck::cast_slice_mut(&mut numbers))
            .map_err(|source| Error::io("read", &self.path, source))?;
        self.left -= n_bytes;
        Ok(numbers)
    }

    /// The next number.
    ///
    /// # Errors
    /// As [`CheckpointReader::take`].
    pub(crate) fn number(&mut self) -> Result<usize> {
        Ok(self.take::<u64>(1)?[0] as usize)
    }

    /// What [`CheckpointWriter::put_list`] wrote.
    ///
    /// # Errors
    /// As [`CheckpointReader::take`].
    pub(crate) fn list<T: Pod>(&mut self) -> Result<Vec<T>> {
        let n = self.number()?;
        self.take(n)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Remembers what is reported.
    #[derive(Default)]
    struct Told(Mutex<Vec<String>>);

    impl Progress for Told {
        fn tell(&self, sentence: &str) {
            self.0.lock().unwrap().push(sentence.to_owned());
        }
    }

    /// Three megabytes and a half, so that there are several chunks.
    fn numbers() -> Vec<u32> {
        (0..900_000).map(|i: u32| i.wrapping_mul(2_654_435_761)).collect()
    }

    fn keep(folder: &CheckpointFolder, key: CheckpointKey) -> CheckpointKey {
        folder
            .keep("counts", key, |writer| {
                writer.put(&[7_u64])?;
                writer.put_list(&numbers())?;
                writer.put_list::<f64>(&[])
            })
            .unwrap()
    }

    #[test]
    fn a_result_comes_back() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("model.checkpoints");
        let folder = CheckpointFolder::open(&path).unwrap();
        assert!(!path.exists());
        let key = CheckpointKey::of(&("counts", 5));
        assert!(folder.find("counts", key, &()).unwrap().is_none());
        let digest = keep(&folder, key);
        let mut reader = folder.find("counts", key, &()).unwrap().unwrap();
        assert_eq!(reader.digest(), digest);
        assert_eq!(reader.number().unwrap(), 7);
        assert_eq!(reader.list::<u32>().unwrap(), numbers());
        assert!(reader.list::<f64>().unwrap().is_empty());
        assert!(reader.number().is_err());
        // The digest is of the content and the key.
        assert_eq!(keep(&folder, key), digest);
        assert_ne!(keep(&folder, CheckpointKey::of(&("counts", 6))), digest);
        drop(folder);
        remove_checkpoints(&path).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn what_is_stale_damaged_or_cut_short_is_told_and_not_used() {
        let parent = tempfile::tempdir().unwrap();
        let folder = CheckpointFolder::open(&parent.path().join("work")).unwrap();
        let key = CheckpointKey::of(&"this corpus");
        keep(&folder, key);
        let path = folder.path().join("counts");
        let good = fs::read(&path).unwrap();
        let told = |key| {
            let told = Told::default();
            assert!(folder.find("counts", key, &told).unwrap().is_none());
            let [told] = told.0.into_inner().unwrap().try_into().unwrap();
            told.strip_prefix(&format!("`{}` ", path.display()))
                .unwrap()
                .strip_suffix("; this stage is done again")
                .unwrap()
                .to_owned()
        };
        assert_eq!(
            told(CheckpointKey::of(&"another corpus")),
            "was made from another corpus or with other parameters"
        );
        // Any byte may have changed: of the result, of its first and last chunk, of the digest.
        for at in [48, 100, 2_000_000, good.len() - 33, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 4;
            fs::write(&path, bad).unwrap();
            assert_eq!(told(key), "is damaged", "byte {at}");
        }
        for length in [0, 20, 79, good.len() - 1, good.len() - (1 << 20)] {
            fs::write(&path, &good[..length]).unwrap();
            assert_eq!(told(key), "is damaged", "{length} bytes");
        }
        let mut bad = good.clone();
        bad[14] = b'2';
        fs::write(&path, bad).unwrap();
        assert_eq!(told(key), "was left by another version of the program");
        fs::write(&path, good).unwrap();
        assert!(folder.find("counts", key, &()).unwrap().is_some());
    }

    #[test]
    fn a_folder_that_is_not_ours_or_in_use_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("thesis");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("chapter"), "text").unwrap();
        assert!(matches!(CheckpointFolder::open(&path), Err(Error::NotReplaceable { .. })));
        remove_checkpoints(&path).unwrap();
        assert!(path.join("chapter").exists());

        let path = parent.path().join("work");
        let folder = CheckpointFolder::open(&path).unwrap();
        keep(&folder, CheckpointKey::of(&1));
        let error = CheckpointFolder::open(&path).unwrap_err();
        assert!(matches!(error, Error::InUse { .. }), "{error}");
        drop(folder);
        assert!(CheckpointFolder::open(&path).is_ok());
    }

    #[test]
    fn what_fails_leaves_the_older_result() {
        let parent = tempfile::tempdir().unwrap();
        let folder = CheckpointFolder::open(&parent.path().join("work")).unwrap();
        let key = CheckpointKey::of(&1);
        keep(&folder, key);
        assert!(folder.keep("counts", key, |_| Err(Error::Interrupted)).is_err());
        assert!(folder.find("counts", key, &()).unwrap().is_some());
        let names = |folder: &CheckpointFolder| fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(names(&folder), 2);
    }
}
