//! Formats of other programs that are no text, known by their first bytes.
//!
//! In: the first bytes of a file, after decompression. Out: what they are, so that a message can
//! name it. Nothing is checked beyond these bytes.

use std::fmt;

/// A format that a file has which should be text, or word vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ForeignFormat {
    /// A PDF.
    Pdf,
    /// A PostScript document.
    PostScript,
    /// A document in the Rich Text Format.
    Rtf,
    /// A Word document (`.docx`).
    Word,
    /// A document of an older office program (`.doc`, `.xls`, `.ppt`).
    OldOffice,
    /// Another office document in a zip archive: a table or slides.
    Office,
    /// An OpenDocument text (`.odt`).
    OpenDocument,
    /// An EPUB book.
    Epub,
    /// A zip archive without a text that is found in it.
    Zip,
    /// A tar archive.
    Tar,
    /// A 7z archive.
    SevenZip,
    /// A RAR archive.
    Rar,
    /// HDF5, as Keras and PyTables write it.
    Hdf5,
    /// An array of NumPy.
    NumpyArray,
    /// Several arrays of NumPy (`.npz`).
    NumpyArchive,
    /// A pickle of Python: gensim saves its models so.
    Pickle,
    /// A checkpoint of PyTorch.
    PyTorch,
    /// A model of fastText (`.bin`).
    FastText,
    /// Embeddings of finalfusion.
    Finalfusion,
    /// GloVe's `.bin`: numbers of 64 bits without words.
    GloveBinary,
    /// floret's table of hashed n-grams, without words.
    Floret,
    /// A Parquet file.
    Parquet,
    /// An Arrow file, which a Feather file of version 2 is too, or a stream.
    Arrow,
    /// A SQLite database: Magnitude's files are such.
    Sqlite,
    /// A picture.
    Image,
    /// A sound recording.
    Sound,
    /// A film.
    Film,
    /// A font.
    Font,
    /// Scanned pages (`.djvu`).
    Djvu,
    /// Records of Avro.
    Avro,
    /// Compressed in a way that is not read, or twice.
    Compressed,
    /// A program or a library.
    Executable,
    /// A web page: often the message of a server instead of the file.
    WebPage,
    /// XML.
    Xml,
    /// JSON.
    Json,
    /// Bytes that are no text, of a kind that is not known.
    Binary,
}

/// What formats begin with; the offset is 0.
const BEGINNINGS: &[(&[u8], ForeignFormat)] = &[
    (b"%PDF-", ForeignFormat::Pdf),
    (b"%!PS", ForeignFormat::PostScript),
    (b"{\\rtf", ForeignFormat::Rtf),
    (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", ForeignFormat::OldOffice),
    (b"7z\xBC\xAF\x27\x1C", ForeignFormat::SevenZip),
    (b"Rar!\x1A\x07", ForeignFormat::Rar),
    (b"\x89HDF\r\n\x1A\n", ForeignFormat::Hdf5),
    (b"\x93NUMPY", ForeignFormat::NumpyArray),
    // The number 793712314, with which fastText begins.
    (b"\xBA\x16\x4F\x2F", ForeignFormat::FastText),
    (b"FiFu", ForeignFormat::Finalfusion),
    (b"PAR1", ForeignFormat::Parquet),
    (b"ARROW1\0\0", ForeignFormat::Arrow),
    (b"SQLite format 3\0", ForeignFormat::Sqlite),
    (b"\x89PNG\r\n\x1A\n", ForeignFormat::Image),
    (b"\xFF\xD8\xFF", ForeignFormat::Image),
    (b"GIF87a", ForeignFormat::Image),
    (b"GIF89a", ForeignFormat::Image),
    (b"II*\0", ForeignFormat::Image),
    (b"MM\0*", ForeignFormat::Image),
    (b"OggS\0", ForeignFormat::Sound),
    (b"fLaC\0", ForeignFormat::Sound),
    (b"ID3\x02", ForeignFormat::Sound),
    (b"ID3\x03", ForeignFormat::Sound),
    (b"ID3\x04", ForeignFormat::Sound),
    (b"\xFF\xFB", ForeignFormat::Sound),
    (b"\x1A\x45\xDF\xA3", ForeignFormat::Film),
    (b"wOFF\0", ForeignFormat::Font),
    (b"wOF2\0", ForeignFormat::Font),
    (b"wOFFOTTO", ForeignFormat::Font),
    (b"wOF2OTTO", ForeignFormat::Font),
    (b"AT&TFORM", ForeignFormat::Djvu),
    (b"Obj\x01", ForeignFormat::Avro),
    // `compress`, lz4, and lzma with its usual parameters.
    (b"\x1F\x9D", ForeignFormat::Compressed),
    (b"\x04\x22\x4D\x18", ForeignFormat::Compressed),
    (b"\x5D\0\0\x80\0", ForeignFormat::Compressed),
    (b"\x5D\0\0\0\x04", ForeignFormat::Compressed),
    (b"\x7FELF", ForeignFormat::Executable),
    (b"\xCF\xFA\xED\xFE", ForeignFormat::Executable),
    (b"MZ\x90\0", ForeignFormat::Executable),
];

impl ForeignFormat {
    /// What the first bytes of a file show; `None` for text, and for what is not known. The more
    /// bytes, the better zip archives are told apart; 512 show a tar archive.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        if let Some((_, format)) = BEGINNINGS.iter().find(|(magic, _)| head.starts_with(magic)) {
            return Some(*format);
        }
        let holds = |name: &[u8]| head.windows(name.len()).any(|window| window == name);
        match head {
            // The protocol of a pickle; no text begins so, in any encoding.
            [0x80, 2..=5, ..] => Some(Self::Pickle),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] if head[0] == 0 => Some(Self::Film),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some(Self::Sound),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Image),
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(match () {
                () if holds(b"mimetypeapplication/epub+zip") => Self::Epub,
                () if holds(b"mimetypeapplication/vnd.oasis.opendocument") => Self::OpenDocument,
                () if holds(b"word/") && holds(b"[Content_Types].xml") => Self::Word,
                () if holds(b"[Content_Types].xml") => Self::Office,
                () => Self::Zip,
            }),
            _ if is_tar(head) => Some(Self::Tar),
            _ if is_arrow_stream(head) => Some(Self::Arrow),
            _ => None,
        }
    }

    /// The same for bytes that are decompressed already: what is compressed still is so twice.
    pub(crate) fn of_decompressed(head: &[u8]) -> Option<Self> {
        let twice: [&[u8]; 4] =
            [b"\x1F\x8B\x08", b"\x28\xB5\x2F\xFD", b"\xFD7zXZ\0", b"BZh91AY&SY"];
        let is_twice = || twice.iter().any(|magic| head.starts_with(magic));
        Self::of(head).or_else(|| is_twice().then_some(Self::Compressed))
    }

    /// What a zip archive is by the names of its members, if it is no plain archive.
    pub(crate) fn of_zip<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Option<Self> {
        let has = |name: &str| names.clone().any(|it| it == name);
        let (mut n_members, mut n_arrays) = (0, 0);
        for name in names.clone() {
            n_members += 1;
            n_arrays += usize::from(name.ends_with(".npy"));
        }
        match () {
            () if has("word/document.xml") => Some(Self::Word),
            () if has("[Content_Types].xml") => Some(Self::Office),
            () if has("META-INF/container.xml") => Some(Self::Epub),
            () if has("mimetype") && has("content.xml") => Some(Self::OpenDocument),
            () if names.clone().any(|name| name.ends_with("/data.pkl")) => Some(Self::PyTorch),
            () if n_members > 0 && n_arrays == n_members => Some(Self::NumpyArchive),
            () => None,
        }
    }

    /// Text that is marked up, where lines of words are expected.
    pub(crate) fn of_markup(head: &[u8]) -> Option<Self> {
        let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
        let begins = |magic: &str| {
            text.get(..magic.len()).is_some_and(|it| it.eq_ignore_ascii_case(magic.as_bytes()))
        };
        match text {
            _ if begins("<!doctype html") || begins("<html") => Some(Self::WebPage),
            _ if begins("<?xml") => Some(Self::Xml),
            [b'{' | b'[', b'"' | b'{' | b'[' | b'\n' | b'\r', ..] => Some(Self::Json),
            _ => None,
        }
    }
}

/// Vectors without words: they are told from others by what a file of vectors may begin with.
pub(crate) fn of_vectors_without_words(head: &[u8]) -> Option<ForeignFormat> {
    match () {
        () if are_doubles(head) => Some(ForeignFormat::GloveBinary),
        () if is_floret_header(head) => Some(ForeignFormat::Floret),
        () => None,
    }
}

/// Whether bytes are 64-bit floats of the size that vectors have. No text is: its last bytes make
/// other exponents.
fn are_doubles(head: &[u8]) -> bool {
    /// Numbers that are looked at, at least and at most.
    const LOOKED_AT: std::ops::RangeInclusive<usize> = 8..=64;
    let numbers = head.chunks_exact(8).take(*LOOKED_AT.end());
    let is_of_vector = |bytes: &[u8]| {
        let number = f64::from_le_bytes(bytes.try_into().unwrap_or_default());
        (1e-9..1e3).contains(&number.abs())
    };
    head.len() / 8 >= *LOOKED_AT.start() && numbers.clone().all(is_of_vector)
}

/// Whether the first line is that of floret: buckets, dimensions, letters of n-grams, hashes and
/// their seed, then the marks of the ends of words.
fn is_floret_header(head: &[u8]) -> bool {
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let Ok(line) = std::str::from_utf8(line) else { return false };
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let is_whole = |field: &&str| field.parse::<u64>().is_ok();
    fields.len() == 8 && fields[..6].iter().all(is_whole) && !fields[6..].iter().any(is_whole)
}

/// Whether a tar archive begins so.
pub(crate) fn is_tar(head: &[u8]) -> bool {
    head.get(257..262).is_some_and(|magic| magic == b"ustar")
}

/// Whether a stream of Arrow begins so: the mark of a message and its length, then metadata, a
/// flatbuffer that says that a schema follows. Such a table begins with the distance back to the
/// list of its fields (of the list: its bytes, the bytes of the table, a place for each field), and
/// its second field is the kind of the message.
fn is_arrow_stream(head: &[u8]) -> bool {
    /// Larger schemas are not expected.
    const MOST_BYTES: usize = 1 << 28;
    const SCHEMA: u8 = 1;
    let Some(metadata) = head.strip_prefix(b"\xFF\xFF\xFF\xFF") else { return false };
    let number_at = |place: usize| {
        let bytes = metadata.get(place..place.checked_add(4)?)?;
        usize::try_from(i32::from_le_bytes(bytes.try_into().ok()?)).ok()
    };
    let short_at = |place: usize| {
        let bytes = metadata.get(place..place.checked_add(2)?)?;
        Some(usize::from(u16::from_le_bytes(bytes.try_into().ok()?)))
    };
    let kind = || {
        let length = number_at(0).filter(|&length| length <= MOST_BYTES)?;
        let table = number_at(4).filter(|&root| root < length)?.checked_add(4)?;
        let back = metadata.get(table..table.checked_add(4)?)?;
        let back = i32::from_le_bytes(back.try_into().ok()?);
        let fields = i64::try_from(table).ok()?.checked_sub(i64::from(back))?;
        let fields = usize::try_from(fields).ok()?;
        let kind = short_at(fields).filter(|&n_bytes| n_bytes >= 8).and(short_at(fields + 6))?;
        metadata.get(table.checked_add(kind)?).filter(|_| kind >= 4).copied()
    };
    kind() == Some(SCHEMA)
}

impl fmt::Display for ForeignFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Pdf => "a PDF",
            Self::PostScript => "a PostScript document",
            Self::Rtf => "a Rich Text document",
            Self::Word => "a Word document",
            Self::OldOffice => "a Word, Excel or PowerPoint document of the old format",
            Self::Office => "an office document",
            Self::OpenDocument => "an OpenDocument text",
            Self::Epub => "an EPUB book",
            Self::Zip => "a zip archive",
            Self::Tar => "a tar archive",
            Self::SevenZip => "a 7z archive",
            Self::Rar => "a RAR archive",
            Self::Hdf5 => "an HDF5 file",
            Self::NumpyArray => "a NumPy array",
            Self::NumpyArchive => "an archive of NumPy arrays",
            Self::Pickle => "a Python pickle, as gensim saves it",
            Self::PyTorch => "a PyTorch checkpoint",
            Self::FastText => "a .bin file of fastText",
            Self::Finalfusion => "a finalfusion file",
            Self::GloveBinary => "a file of 64-bit numbers without words, as GloVe's .bin",
            Self::Floret => "a floret table of hashed n-grams, which has no words",
            Self::Parquet => "a Parquet file",
            Self::Arrow => "an Arrow file or stream",
            Self::Sqlite => "a SQLite database",
            Self::Image => "a picture",
            Self::Sound => "a sound recording",
            Self::Film => "a film",
            Self::Font => "a font",
            Self::Djvu => "a DjVu document",
            Self::Avro => "an Avro file",
            Self::Compressed => "a file compressed twice or by an unsupported method",
            Self::Executable => "a program",
            Self::WebPage => "a web page",
            Self::Xml => "an XML file",
            Self::Json => "a JSON file",
            Self::Binary => "a binary file of an unknown format",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        let mut tar = vec![0; 512];
        tar[257..263].copy_from_slice(b"ustar\0");
        for (head, format) in [
            (&b"%PDF-1.7\n"[..], ForeignFormat::Pdf),
            (b"%!PS-Adobe-3.0", ForeignFormat::PostScript),
            (b"{\\rtf1\\ansi", ForeignFormat::Rtf),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0", ForeignFormat::OldOffice),
            (b"PK\x03\x04....mimetypeapplication/epub+zipPK", ForeignFormat::Epub),
            (
                b"PK\x03\x04..mimetypeapplication/vnd.oasis.opendocument.text",
                ForeignFormat::OpenDocument,
            ),
            (b"PK\x03\x04...[Content_Types].xml...word/x.xml", ForeignFormat::Word),
            (b"PK\x03\x04...[Content_Types].xml...xl/x.xml", ForeignFormat::Office),
            (b"PK\x03\x04...a.txt", ForeignFormat::Zip),
            (b"PK\x05\x06\0\0", ForeignFormat::Zip),
            (&tar, ForeignFormat::Tar),
            (b"\x80\x02cgensim", ForeignFormat::Pickle),
            (b"\x80\x04\x95\x10", ForeignFormat::Pickle),
            (b"RIFF\0\0\0\0WEBPVP8", ForeignFormat::Image),
            (b"\xFF\xD8\xFF\xE0", ForeignFormat::Image),
            (b"ID3\x04\0", ForeignFormat::Sound),
            (b"\xFF\xFB\x90\x64", ForeignFormat::Sound),
            (b"OggS\0\x02", ForeignFormat::Sound),
            (b"RIFF\0\0\0\0WAVEfmt ", ForeignFormat::Sound),
            (b"\0\0\0\x20ftypisom", ForeignFormat::Film),
            (b"wOF2\0\x01\0\0", ForeignFormat::Font),
            (b"AT&TFORM\0\0\0\0DJVU", ForeignFormat::Djvu),
            (b"Obj\x01\x04", ForeignFormat::Avro),
            (b"\x1F\x9D\x90", ForeignFormat::Compressed),
            (b"\x04\x22\x4D\x18", ForeignFormat::Compressed),
            (b"\x5D\0\0\x80\0", ForeignFormat::Compressed),
        ] {
            assert_eq!(ForeignFormat::of(head), Some(format), "{format}");
        }
        // The length, the place of the table, its list of fields (bytes, bytes of the table, places
        // of the version and of the kind), the table: the distance back, version 4, a schema.
        let arrow = *b"\xFF\xFF\xFF\xFF\x18\0\0\0\x0C\0\0\0\x08\0\x08\0\x04\0\x06\0\
                       \x08\0\0\0\x04\0\x01\0";
        assert_eq!(ForeignFormat::of(&arrow), Some(ForeignFormat::Arrow));
        assert_eq!(ForeignFormat::of(b"ARROW1\0\0\xFF\xFF"), Some(ForeignFormat::Arrow));
        for place in [0, 8, 20, 26] {
            let mut other = arrow;
            other[place] ^= 3;
            assert_eq!(ForeignFormat::of(&other), None, "{place}");
        }
        for length in 0..27 {
            assert_eq!(ForeignFormat::of(&arrow[..length]), None, "{length}");
        }
        let gzip = b"\x1F\x8B\x08\0";
        assert_eq!(ForeignFormat::of(gzip), None);
        assert_eq!(ForeignFormat::of_decompressed(gzip), Some(ForeignFormat::Compressed));
        assert_eq!(ForeignFormat::of_decompressed(b"%PDF-1"), Some(ForeignFormat::Pdf));
        // fastText writes its magic number as a little-endian integer.
        assert_eq!(
            ForeignFormat::of(&793_712_314_i32.to_le_bytes()),
            Some(ForeignFormat::FastText)
        );
        for text in [&b"the cat"[..], b"", b"PK", b"\xE9t\xE9", b"{ 0.1 0.2", b"<p> 1"] {
            assert_eq!(ForeignFormat::of(text), None);
            assert_eq!(ForeignFormat::of_markup(text), None);
        }
    }

    #[test]
    fn vectors_without_words_are_told_from_text() {
        let floret = b"10000 300 4 5 2 2166136261 < >\n0 0.1 -0.2\n";
        assert_eq!(of_vectors_without_words(floret), Some(ForeignFormat::Floret));
        let doubles: Vec<u8> =
            (1..40).flat_map(|it| (0.01 * f64::from(20 - it) + 0.003).to_le_bytes()).collect();
        assert_eq!(of_vectors_without_words(&doubles), Some(ForeignFormat::GloveBinary));
        let text = "@@@@@@@ ???????? the king 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1.0 1.1 1.2\n";
        for other in [text.as_bytes(), b"2 3\na 1 2 3\n", b"1 2 3 4 5 6 7 8\n", &[0; 512], b""] {
            assert_eq!(of_vectors_without_words(other), None);
        }
    }

    #[test]
    fn markup_is_told_from_words() {
        for (head, format) in [
            (&b"\xEF\xBB\xBF\n <!DOCTYPE HTML>"[..], ForeignFormat::WebPage),
            (b"<html lang=en>", ForeignFormat::WebPage),
            (b"<?xml version='1.0'?>", ForeignFormat::Xml),
            (b"{\"king\":[0.1]}", ForeignFormat::Json),
            (b"[[1, 2]]", ForeignFormat::Json),
        ] {
            assert_eq!(ForeignFormat::of_markup(head), Some(format), "{format}");
        }
    }

    #[test]
    fn zip_archives_are_told_by_their_members() {
        let of = |names: &[&str]| ForeignFormat::of_zip(names.iter().copied());
        let types = "[Content_Types].xml";
        assert_eq!(of(&[types, "word/document.xml"]), Some(ForeignFormat::Word));
        assert_eq!(of(&[types, "xl/workbook.xml"]), Some(ForeignFormat::Office));
        assert_eq!(of(&["META-INF/container.xml", "mimetype"]), Some(ForeignFormat::Epub));
        assert_eq!(of(&["mimetype", "content.xml"]), Some(ForeignFormat::OpenDocument));
        assert_eq!(of(&["model/data.pkl", "model/data/0"]), Some(ForeignFormat::PyTorch));
        assert_eq!(of(&["a.npy", "b.npy"]), Some(ForeignFormat::NumpyArchive));
        assert_eq!(of(&["a.npy", "b.txt"]), None);
        assert_eq!(of(&[]), None);
    }
}
